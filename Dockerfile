# The course for a classroom or a JupyterHub, without network once it is built: docker build -t gpt2-by-hand .
# Alone:        docker run -p 8888:8888 gpt2-by-hand
# JupyterHub:   docker build --build-arg JUPYTERHUB=5.4.0 …  with your hub's version, and jupyterhub-singleuser as its command
FROM python:3.12-slim
ARG JUPYTERHUB=""
WORKDIR /opt/gpt2-by-hand
COPY requirements.txt requirements-small.txt ./
RUN pip install --no-cache-dir -r requirements-small.txt ${JUPYTERHUB:+jupyterhub==$JUPYTERHUB}
# OpenAI's weights come along if data/gpt2 is there.
COPY . .
RUN useradd --create-home --uid 1000 learner
ENV HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1
USER learner
WORKDIR /home/learner
EXPOSE 8888
# The home folder is a volume in most hubs and hides what the image put there, so the course is copied when it starts; what is
# there already stays as it is.
ENTRYPOINT ["sh", "-c", "cp -Rn /opt/gpt2-by-hand . 2>/dev/null; exec \"$@\"", "start"]
CMD ["jupyter", "lab", "--ip=0.0.0.0", "--no-browser", "--LabApp.default_url=/lab/tree/gpt2-by-hand/notebooks/00_start_here.ipynb"]
