// Do mask updates create negative curvature, as the paper says? The exact Hessian over active weights and biases, and all its eigenvalues: of RigL+, SET+,
// RigL inverted, scratch+ and tickets, along training and on the sides of mask updates; with run=, of one run at any checkpoint.
// Large networks (run=, spectrum=estimated): both ends, trace and negative mass from products with random vectors, each with its error.
// Inputs: the data, or a run's folder. Outputs in out=: summary.csv, spectrum.csv, figures and report.html (spectrum.svg or estimates.csv with run=).
// About 1 s a spectrum of LeNet5 at 95% on 1,000 examples (two cores), and about 1,800 of them; finished ones are kept. One over all 60,000 examples takes 15 s to half a minute.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open Scripting

Commands.hessian fsi.CommandLineArgs
#endif
