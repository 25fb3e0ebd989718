// What is running, and how did it go? A local page over a folder of runs: list, curves, every run, two runs side by side; live while runs are made.
//   browse.fsx runs=/scratch/me/runs                 serves the page on this machine until Ctrl-C, and opens a browser where there is one
//   browse.fsx where="method=rigl,set" out=runs.html writes all of it as one file that opens offline
// Inputs: run folders in any state; nothing in them is changed. 2,000 runs with 12 million values are read in some seconds. See docs/guides/browse.md.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open Scripting

Commands.browse fsi.CommandLineArgs
#endif
