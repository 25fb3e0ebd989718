// How does the loss curve around a network? The exact Hessian over its active weights and biases, and all its eigenvalues, at any checkpoint of any run.
// Large networks: spectrum=estimated gives both ends, trace and negative mass from products with random vectors, each with its error.
// Inputs: a run's folder (trained or imported), and the data. Outputs in out=: spectrum.csv, summary.csv and spectrum.svg, or estimates.csv.
// Time for LeNet5 at 95% on two cores: seconds for 1,000 examples, under a minute for all 60,000; networks with batch normalization take a product a row.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open Analysis
open Scripting

let settings =
    Settings.orExit "Computes the spectrum of the Hessian at a checkpoint." fsi.CommandLineArgs Curvatures.settings

Program.run (Curvatures.run settings)
#endif
