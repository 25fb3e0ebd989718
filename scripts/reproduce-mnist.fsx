// Every MNIST number and figure of the paper beside ours: Tables 1, 2, 3 and Figures 1c, 2, 3, 5.
// Inputs: the data. Outputs: run folders under runs=, and in out= tables (CSV, Markdown), figures (SVG and interactive pages) and report.html.
// From nothing about ten minutes on two cores; under a minute when all runs are finished.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open Scripting

Commands.reproduceMnist fsi.CommandLineArgs
#endif
