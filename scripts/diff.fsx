// How do the plans of two runs differ? Prints one line for every setting that is not the same in both.
// Inputs: two run folders. Outputs: lines on the terminal; exit code 1 when the plans differ, 0 when they are equal.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open Scripting

Commands.diff fsi.CommandLineArgs
#endif
