// How does the loss look around networks? On the plane through three of them, along random directions, or along a run's own way.
// Inputs: run=FOLDER (three for plane=through: run=A,B,C), and the data. Outputs in out=: landscape.csv, places.csv and landscape.svg. Rows of the grid are kept.
// 41 x 41 points of LeNet5 on 10,000 training and 10,000 test images take about half a minute on two cores.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open Scripting

Commands.landscape fsi.CommandLineArgs
#endif
