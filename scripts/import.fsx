// Makes a run of a network that was trained elsewhere, from plain safetensors with PyTorch's names and layouts (torchvision's ResNet-50 and VGG16 have ours).
// Inputs: one file. Outputs: a run folder with one checkpoint, which the analysis reads like any run; its path is the last line printed.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open SparseCore.Networks
open SparseCore.Runs
open Scripting

let settings =
    Settings.orExit "Imports a network that was saved by PyTorch as safetensors." fsi.CommandLineArgs (fun given ->
        {|
            File = Settings.requiredPath "file" "the safetensors file" given
            Network = Settings.choice (List.ofSeq NetworkPlan.KnownNames) "network" "resnet50" "which network it is" given
            Widths = Settings.optionalIntegers 1 100000 "widths" "its widths, empty for the usual ones" given
            Input = Settings.integers 1 100000 "input" [| 3; 224; 224 |] "channels, height and width of an image" given
            Classes = Settings.count "classes" 1000 "number of classes" given
            Masks = Settings.choice [ "full"; "zeros" ] "masks" "full" "whether weights that are exactly 0 are masked" given
            Runs = Settings.path "runs" "results/runs" "folder of the runs" given
        |})

Program.run (fun _ ->
    let plan = Networks.plan settings.Network settings.Widths settings.Input settings.Classes
    printfn "%s" (ImportPlan.Import(settings.Runs, settings.File, plan, settings.Masks = "zeros")))
#endif
