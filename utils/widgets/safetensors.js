// Weights as the hub has them: {name: {shape, data}}, where data is a Float32Array, row after row.
const safetensors = (() => {
  // A safetensors file: 8 bytes, the header's length; the header, JSON; then the numbers. Gives
  // {name: {shape, data}}.
  function read(buffer) {
    const length = Number(new DataView(buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
    const params = {};
    delete header.__metadata__;
    for (const [name, { dtype, shape, data_offsets }] of Object.entries(header)) {
      const bytes = buffer.slice(...data_offsets.map((at) => 8 + length + at));
      const data = dtype === "F16" ? half(new Uint16Array(bytes)) : new Float32Array(bytes);
      params[name] = { shape, data };
    }
    return params;
  }

  // float16: a sign, 5 bits of exponent, 10 of fraction. There are only 65,536 of them: a table.
  let table;
  function half(bits) {
    table ??= Float32Array.from({ length: 65536 }, (_, h) => {
      const sign = h >> 15 ? -1 : 1,
        e = (h >> 10) & 31,
        m = h & 1023;
      if (e === 31) return m ? NaN : sign * Infinity;
      return sign * (e ? (1 + m / 1024) * 2 ** (e - 15) : m * 2 ** -24);
    });
    const numbers = new Float32Array(bits.length);
    for (let i = 0; i < bits.length; i++) numbers[i] = table[bits[i]];
    return numbers;
  }

  return { read };
})();
