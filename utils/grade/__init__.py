"""From submitted notebooks to reports. `python -m utils.grade PATH…`

One promise: a function gets what its check cell would have said when the notebook is run from top
to bottom, only on hidden cases. One way through, a module for each room:

    found     which files were handed in, and what only looks like it
    read      a file's bytes -> its code cells and its lesson
    run       in a child: the cells that the functions need, in order (utils.slicing); at a `check`
              it waits for the judge
    play      the judge's side of it: cases out, answers in, a new child where one died or hangs
    judged    what was seen -> the entry of a report: marks, and what is said about them
    recorded  entries on disk, so that a run that was killed goes on
    reports/  entries -> JSON, CSV, JUnit, Gradescope, pages

`child` is the process that `run` lives in, `sandbox`, `walls` and `inmate` are what is around it,
`line` and `wire` how it is spoken to, `judge` who owns the processes, `many` and `cluster` several
of them, `classes` a report over several runs.

Three rules. The judge never shares a process with the judged: a submission's code runs in a child
that gets inputs and returns values over a pipe; references, expected values and marks stay in the
parent. A child that dies, hangs or says too little costs its exercise; a sandbox that does not
work, or a file that is no notebook, is "not graded" with the reason, never a number. Each run first
grades the course's own solution (where there is one: a copy that was handed out has none) and the
untouched notebook: unless they get everything and nothing, it stops.

What a judged function can use is what its notebook can: what is installed, and of the course all
but the exercises, the solutions, the judge and what leads there (sandbox.SHOWN). So a function that
calls `utils.gpt2.forward` passes here as it passes its check; its code stands beside the verdict.
`mine` and what stands in for an exercise that did not pass are questions to the judge, never code.
While an exercise is judged, only earlier ones are answered for; one of this lesson is not answered
for before its own verdict, one of a later lesson never; a second check of it is tried on other
cases, and does not count once a cell has got the course's answers from it.

What the child cannot do, behind bubblewrap: read the repository, the other submissions or the
reports, wherever they lie; write outside its own /tmp; reach a network or another process; use more
than 4 GiB of memory, 64 MB of disk, 48 processes, or its seconds (of the processor, or asleep; a
busy machine's clock is not held against it). Without bubblewrap the limits hold and the walls do
not; the command says so, loudly, and so does every report. Which it is, is decided once for a run.

What remains possible.
- A submission sees the inputs of the hidden cases while it is judged, and may show them in its
  own report. They are drawn anew for each file, so that they help nobody else.
- It may use whatever is installed beside the course: where a package has a function that does
  what is asked, that function passes, as it would for a person who reads the code.
- A function that an exercise forbids is seen where Python calls it in the thread of the judge: not
  in another thread, nor compiled by `torch.jit`, nor where torch is told to be silent
  (`DisableTorchFunction`) or the watch itself is patched. The code beside the verdict shows it.
- It may print the course's answers, for inputs of its choice, into the report of its own next
  attempt.
- It may be slow on purpose, up to the limits. A class of such notebooks takes its time; nothing
  hangs.
- The kernel is shared. bubblewrap is a wall of namespaces, not a virtual machine.

`--warm` keeps one sandbox, imports once and forks for each submission. Each gets a channel of its
own and a folder that was cleared; still, a submission that attacks the sandbox from inside can
reach the process that the next ones are forked from. Use it for classes that you trust.

nbgrader. A school that has it uses solutions/ as its source folder: `nbgrader generate_assignment`,
`autograde` and `generate_feedback` work on it as they are, where PYTHONPATH holds this repository.
nbgrader's own autograder runs a submission with your rights, in the process that also holds the
tests: a notebook can read and overwrite the gradebook and the other submissions, read the hidden
tests, reach the network, replace `check` and so give itself every point, and a renamed or
duplicated cell can void honest work. Run it in a container, or only for people you trust; or
collect with nbgrader and grade with this.

Elsewhere, by the same command.
- Kubernetes, as a job array: an indexed Job whose pod runs `python -m utils.grade
  submissions/$JOB_COMPLETION_INDEX --out reports/$JOB_COMPLETION_INDEX --seed TERM` with one
  folder of notebooks for each index. A pod that is evicted goes on where it stopped if `reports`
  is a persistent volume. Most clusters forbid user namespaces in pods: then the pod is the wall,
  so give it no service account token, no network policy that lets it out, and a memory limit.
- Many machines: `dask scheduler`, then `dask worker ADDRESS` in a copy of this repository on
  each, then `--cluster ADDRESS` (pip install distributed). Every worker first passes the trial.
  One that dies costs nothing.
- GitHub Classroom: a step `python -m utils.grade notebooks --format junit --out reports` after
  checkout and pip install; compare the exercises' code with this repository's first, because
  there the student's copy of the judge would run: check out the course beside the submission and
  run the course's. Ubuntu 24.04's runners forbid bubblewrap until its AppArmor profile is
  installed; the runner is thrown away afterwards, and the warning says what is open.
- Gradescope: run_autograder is `cd /autograder/source && python -m utils.grade
  /autograder/submission --format gradescope --out /tmp/graded; cp /tmp/graded/results.json
  /autograder/results/`. One notebook for each submission.
"""
