// What do the networks in a folder have in common? All pairs and groups: weights, masks, signs, predictions, layers, straight lines, ensembles, calibration.
// Inputs: a folder of runs (any of them: runs=, where=, at=, by=), or files of other programs (files=, network=), and the data.
// Outputs in out=: networks.csv, pairs.csv, layers.csv, groups.csv, ensembles.csv, barriers.csv, figures and report.html. Pairs are kept: seconds where nothing is new.
// 100 LeNet5 and their 4,950 pairs take under a minute, 1,000 straight lines some minutes.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open Scripting

Commands.compare fsi.CommandLineArgs
#endif
