// What is this machine, and is the toolkit complete? Prints versions, processor, vector width and the data that is found.
// Inputs: none but the repository. Outputs: lines on the terminal. Takes a second.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open Scripting

Commands.info fsi.CommandLineArgs
#endif
