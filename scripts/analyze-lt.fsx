// Why do lottery tickets win? Table 3 and Figures 5a, 5b, 5c of the paper (5d, 5e, 5f for ResNet-50), from networks trained here.
// Inputs: the data. Outputs: run folders under runs=, and in out= the tables (CSV), the figures (SVG and interactive pages) and report.html.
// LeNet5 from nothing about two minutes on two cores; seconds when all runs are finished. Large networks: as long as their training.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open Scripting

Commands.analyzeLottery fsi.CommandLineArgs
#endif
