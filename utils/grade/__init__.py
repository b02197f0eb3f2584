"""From submitted notebooks to reports. `python -m utils.grade PATH…`

Three rules. The judge never shares a process with the judged: a submission's code runs in a child
(child.py) that gets inputs and returns values over a pipe (wire.py); references, expected values
and marks stay in the parent (marking.py). A child that dies, hangs or says too little costs its
exercise; a sandbox that does not work, or a file that is no notebook, is "not graded" with the
reason, never a number. Each run first grades the course's own solution
and the untouched notebook: unless they get everything and nothing, it stops.

What the child cannot do, behind bubblewrap (sandbox.py): read the repository, the other submissions
or the reports; write outside its own /tmp; reach a network or another process; use more than 4 GiB
of memory, 64 MB of disk, 48 processes, or its seconds. Without bubblewrap the limits hold and the
walls do not; the command says so, loudly.

What remains possible.
- A submission sees the inputs of the hidden cases while it is judged, and may show them in its own
report. They are
  drawn anew for each file, so that they help nobody else.
- It may use whatever is installed beside the course: where a package has a function that does what
is asked, that
  function passes, as it would for a person who reads the code.
- An exercise that needs earlier ones gets the reference of those that did not pass, as a question
to the judge, never
  as code. They were marked before, so the answer comes too late; but a submission could print its
  answers into the report of its own next attempt, for inputs of its choice.
- It may be slow on purpose, up to the limits. A class of such notebooks takes its time; nothing
hangs.
- The kernel is shared. bubblewrap is a wall of namespaces, not a virtual machine.

`--warm` keeps one sandbox, imports once and forks for each submission. It gives up that each meets
a fresh process: a submission that attacks the sandbox from inside can reach the process that the
next ones are forked from. Marks stay the judge's; but use it for classes that you trust.

nbgrader. A school that has it uses solutions/ as its source folder: `nbgrader generate_assignment`,
`autograde` and `generate_feedback` work on it as they are, where PYTHONPATH holds this repository.
nbgrader's own autograder runs a
submission with your rights, in the process that also holds the tests: a notebook can read and
overwrite the gradebook and the other submissions, read the hidden tests, reach the network, replace
`check` and so give itself every point, and a renamed or duplicated cell can void honest work. Run
it in a container, or only for people you trust; or collect with nbgrader and grade with this.

Elsewhere, by the same command.
- Kubernetes, as a job array: an indexed Job whose pod runs `python -m utils.grade
submissions/$JOB_COMPLETION_INDEX
  --out reports/$JOB_COMPLETION_INDEX --seed TERM` with one folder of notebooks for each index. A
  pod that is evicted goes on where it stopped if `reports` is a persistent volume. Most clusters
  forbid user namespaces in pods: then the pod is the wall, so give it no service account token, no
  network policy that lets it out, and a memory limit.
- Many machines: `dask scheduler`, then `dask worker ADDRESS` in a copy of this repository on each,
then `--cluster
  ADDRESS` (pip install distributed). Every worker first passes the trial. One that dies costs
  nothing.
- GitHub Classroom and Gradescope: `python -m utils.grade classroom` and `… gradescope` write the
files that they want (desk/elsewhere.py). Both run the course's judge, fetched beside the
submission. Ubuntu 24.04's runners forbid bubblewrap's namespaces until a switch is set, which the
workflow does; the runner is thrown away afterwards.
"""
