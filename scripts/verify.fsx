// Are the runs what they say they are? Re-checks hashes, counts, zeros, lineage, first states, mask histories and metrics of run folders.
// Inputs: run folders, the data. Outputs: a line each, "ok <folder>" (every check was made), "unchecked <folder>: <what, and why>" (nothing is
// off, but some of it could not be checked: other data, a missing parent, an imported network) or "FAILED <folder>: <file>: <layer>: expected
// ..., found ...". Exit code 0 when all are ok, 1 when one failed, 3 when none failed but one is unchecked.
// About a second a run; with replay=true, which trains every run again from each checkpoint to the next, as long as training took. What
// cannot be trained again then fails. What verification finds and what it cannot find: results/verification/tamperings.md.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open Scripting

Commands.verify fsi.CommandLineArgs
#endif
