// Trains one network by any method, after the runs it derives from (a ticket needs its pruning solution).
// Inputs: the data. Outputs: run folders (plan, metrics, checkpoints); the last line printed is the run's folder.
// A LeNet5 run of the paper's length takes about 3 s sparse and 15 s dense; ResNet-50 on 32 x 32 images (dataset=fashion32) takes seconds a step.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open Scripting

Commands.train fsi.CommandLineArgs
#endif
