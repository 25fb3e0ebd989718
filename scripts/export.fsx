// Writes a checkpoint as plain dense safetensors with PyTorch's names and layouts (conv1.weight [6,1,5,5], fc1.weight [120,256], ...), masked weights as 0.
// Inputs: a run folder, a step. Outputs: one file.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open SparseCore.Analysis
open SparseCore.Checkpoints
open Scripting

let settings =
    Settings.orExit "Exports a checkpoint for PyTorch and other readers of safetensors." fsi.CommandLineArgs (fun given ->
        {|
            Run = Settings.requiredPath "run" "the run's folder" given
            Step = Settings.optionalInteger 0 System.Int32.MaxValue "step" "which checkpoint, empty for the last" given
            Out = Settings.requiredPath "out" "the file to write" given
        |})

Program.run (fun _ ->
    Writable.file "out" settings.Out
    let run = Runs.load settings.Run
    let step = settings.Step |> Option.defaultWith (fun () -> Array.last (Runs.steps run))
    DenseExport.Write(settings.Out, run.Folder.ReadCheckpoint(step, Runs.network run))
    printfn "%s" settings.Out)
#endif
