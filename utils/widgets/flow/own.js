// The learner's own functions in the place of steps: the kernel computes these steps' values.

const PATIENCE = 2000; // milliseconds; then the built-in step takes over

const ownFunctions = (page) => {
  const { model, ui } = page,
    waiting = new Map();
  let asked = 0,
    results = {};
  const hear = (message, buffers) => waiting.get(message.call)?.(message, buffers);
  model.on("msg:custom", hear);
  ui.atEnd(() => model.off("msg:custom", hear));

  let lost = false; // with the kernel go the functions
  const all = () => (lost ? {} : model.get("own")),
    used = (name) => all()[name.replace(/^h\.\d+/, "h")];
  ui.whenLost(() => {
    lost = true;
    if (!Object.keys(model.get("own")).length) return;
    page.compute();
    page.problem(
      "The kernel was restarted or stopped: these are the model's own steps again. " +
        "Run this cell again to see your functions.",
    );
  });
  const ask = (name, ids, parts, dials) =>
    new Promise((answer) => {
      const call = ++asked,
        late = setTimeout(
          () => answer([{ error: "it gave no answer within two seconds" }]),
          PATIENCE,
        );
      waiting.set(call, (...message) => {
        clearTimeout(late);
        waiting.delete(call);
        answer(message);
      });
      const sent = Object.entries(parts).map(([part, rows]) => [part, rows.length, rows[0].length]),
        flat = (rows) => Float32Array.from(rows.flatMap((row) => Array.from(row))).buffer;
      if (lost) return answer([{ error: "the kernel is gone" }]);
      model.send({ call, name, ids, sent, dials }, undefined, Object.values(parts).map(flat));
    });

  // Rows of a step by the learner's function, or `made`, the model's, where that fails.
  const rows = async (name, made, seen) => {
    if (!used(name)) return made;
    const { block } = place(name),
      parts = { made };
    for (const key of used(name).reads) parts[key] = seen[fullName(key, block, page.config)];
    const [message, buffers] = await ask(name, exchanged(page.ids, page.changes), parts);
    if (message.error) {
      results[name] = { error: message.error };
      return made;
    }
    const flat = numbersOf(buffers[0]),
      width = made[0].length,
      found = made.map((_, t) => flat.slice(t * width, (t + 1) * width));
    results[name] = compared(found, made);
    return found;
  };

  // The last row of probabilities that the learner's dials made, and of which run, token, dials.
  let turned = {};
  const next = (seen, t) => {
    if (!used("next")?.by.some((name) => name !== "sample_id")) return null;
    const { temperature, top_k, top_p } = page.settings(),
      logits = seen.logits[t],
      made = gpt2.probabilities(logits, page.settings()),
      dials = [temperature, top_k ?? logits.length, top_p],
      of = JSON.stringify([t, dials]);
    if (turned.seen === seen && turned.of === of) return turned.row;
    const mine = (turned = { seen, of, row: null });
    mine.done = ask("next", page.ids, { made: [made], logits: [logits] }, dials).then(
      ([message, buffers]) => {
        if (mine !== turned) return;
        mine.row = message.error ? made : numbersOf(buffers[0]);
        results.next = message.error ? { error: message.error } : compared([mine.row], [made]);
        if (results.next.first) results.next.first.t = t;
        page.drawNext();
      },
    );
    return null;
  };
  // The id that the learner's sample_id draws, or the model's, where that fails.
  const draw = async (shares, u) => {
    const id = gpt2.sample_id(shares, u);
    if (!used("next")?.by.includes("sample_id")) return id;
    const [message, buffers] = await ask("drawn", page.ids, { made: [[id]], next: [shares] }, [u]);
    if (!message.error) return numbersOf(buffers[0])[0];
    page.problem(`Your ${message.error}. The built-in step runs instead.`);
    return id;
  };

  const badges = (one) => {
    const name = page.step,
      exercises = used(name)?.by;
    if (!exercises) {
      if (!model.get("kernel")) return [];
      const line = `view.use(${one.exercises[0]})`;
      return [
        make(
          "p",
          { class: "badge" },
          `To see your own function at work here, keep the explorer as view, and run ${line}.`,
        ),
      ];
    }
    const names =
      one.name === "q" ? ["q", "k", "v"].map((key) => name.replace(/\w$/, key)) : [name];
    return names
      .filter((each) => results[each])
      .map((each) => {
        const { error, largest: most, first } = results[each],
          badge = make("p", { class: "badge " + (error || first ? "differs" : "same") });
        badge.append(make("b", {}, `Yours (${exercises.join(", ")}), ${each}: `));
        if (error) badge.append(`${error}. The built-in step runs instead.`);
        else if (!first)
          badge.append(`the same as the model's; largest difference ${digits(most)}.`);
        else {
          const go = make("button", { type: "button" }, titleOf(page, each, first.t, first.i));
          go.addEventListener("click", () =>
            page.go({ token: first.t, pick: [each, first.t, first.i] }),
          );
          badge.append(
            "differs first at ",
            go,
            `: ${digits(first.found)}, and the model has ${digits(first.made)}.`,
          );
        }
        return badge;
      });
  };
  return {
    ...{ rows, badges, next, draw },
    settled: () => turned.done,
    of: (name) => used(name)?.by.join(" and "),
    any: () => Object.keys(all()).length > 0,
    forget: () => (results = {}),
    // Where they first leave the model's way, from the bottom up, in words; "" where they do not.
    first: () => {
      const at = Object.keys(results).find((name) => results[name].error || results[name].first);
      if (!at) return "";
      return results[at].error
        ? `At ${at} the built-in step runs: your ${results[at].error}.`
        : `Your functions first differ from the model at ${at}.`;
    },
  };
};

const numbersOf = (view) =>
  new Float32Array(
    view.buffer ? view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) : view,
  );

// How far a learner's rows are from the model's, and where they first differ.
const compared = (found, made) => {
  let most = 0,
    first = null;
  made.forEach((row, t) =>
    row.forEach((value, i) => {
      const other = found[t][i],
        difference = Object.is(value, other) ? 0 : Math.abs(value - other);
      if (difference > most) most = difference;
      if (!first && !(difference <= 1e-4 * Math.max(1, Math.abs(value))))
        first = { t, i, found: other, made: value };
    }),
  );
  return { largest: most, first };
};
