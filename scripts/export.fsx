// Writes a checkpoint as plain dense safetensors with PyTorch's names and layouts (conv1.weight [6,1,5,5], fc1.weight [120,256], ...), masked weights as 0.
// Inputs: a run folder, a step. Outputs: one file.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open Scripting

Commands.export fsi.CommandLineArgs
#endif
