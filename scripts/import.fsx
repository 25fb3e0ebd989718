// Makes a run of a network that was trained elsewhere, from plain safetensors with PyTorch's names and layouts (torchvision's ResNet-50 and VGG16 have ours).
// Masks that pruning tools store are understood. A network has to see its pixels as it was trained: mean= and std= of torchvision's Normalize.
// Inputs: one file, and data to try it on. Outputs: a run folder with one checkpoint, which the analysis reads like any run; its path is the last line printed.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open SparseCore
open SparseCore.Networks
open SparseCore.RunFolders
open SparseCore.Analysis
open Scripting

let settings =
    Settings.orExit "Imports a network that was saved by PyTorch as safetensors." fsi.CommandLineArgs (fun given ->
        let classes = Settings.count "classes" 1000 "number of classes" given

        {|
            File = Settings.requiredPath "file" "the safetensors file" given
            Network = Settings.choice (List.ofSeq NetworkPlan.KnownNames) "network" "resnet50" "which network it is" given
            Widths = Settings.optionalIntegers 1 100000 "widths" "its widths, empty for the usual ones" given
            Input = Settings.integers 1 100000 "input" [| 3; 224; 224 |] "channels, height and width of an image" given
            Classes = classes
            Masks =
                Settings.choice
                    [ "full"; "zeros" ]
                    "masks"
                    "full"
                    "whether weights that are exactly 0 are masked, where the file stores no masks"
                    given
            Names =
                Settings.choice [ "exact"; "order" ] "names" "exact" "whether tensors of other names are taken by shape and order" given
            Mean = Settings.optionalNumbers "mean" "mean of pixels / 255 for each channel, empty for the data's own (MNIST: 0)" given
            Std = Settings.optionalNumbers "std" "standard deviation likewise, empty for the data's own (MNIST: 1)" given
            Data = Datasets.settingsOf classes "mnist" given
            Runs = Settings.path "runs" "results/runs" "folder of the runs" given
        |})

Program.run (fun cancellation ->
    let plan = NetworkSettings.plan settings.Network settings.Widths settings.Input settings.Classes
    let inputs = Imports.normalization plan.Input.Channels settings.Mean settings.Std

    let run =
        ImportPlan.Import(settings.Runs, settings.File, plan, settings.Masks = "zeros", settings.Names = "order", Option.toObj inputs)

    run.Notes |> Seq.iter (ForeignText.OneLine >> printfn "%s")

    Runs.load run.FolderPath
    |> Runs.last
    |> Imports.tried (fun () -> Datasets.load cancellation settings.Data) plan
    |> List.iter (ForeignText.OneLine >> printfn "%s")

    printfn "%s" run.FolderPath)
#endif
