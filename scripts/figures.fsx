// Draws every figure and report again from the committed tables, without training; equal tables give equal files.
// Inputs: the folders in results=. Outputs: SVGs, interactive pages and reports in the same folders. Takes seconds.
// A folder whose tables cannot be drawn keeps no other from being drawn; the reasons stand at the end, and the exit code is 1.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open Scripting

Commands.figures fsi.CommandLineArgs
#endif
