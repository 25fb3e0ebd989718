// Makes a run of a network that was trained elsewhere, from plain safetensors with PyTorch's names and layouts (torchvision's ResNet-50 and VGG16 have ours).
// Masks that pruning tools store are understood. A network has to see its pixels as it was trained: mean= and std= of torchvision's Normalize.
// Inputs: one file, and data to try it on. Outputs: a run folder with one checkpoint, which the analysis reads like any run; its path is the last line printed.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open Scripting

Commands.import fsi.CommandLineArgs
#endif
