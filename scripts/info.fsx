// What is this machine, and is the toolkit complete? Prints versions, processor, vector width and the data that is found.
// Inputs: none but the repository. Outputs: lines on the terminal. Takes a second.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open Scripting

let settings =
    Settings.orExit "Prints what the toolkit finds on this machine." fsi.CommandLineArgs (fun given ->
        {| Engine = Engines.settings given; Data = Datasets.smallSettings given |})

Program.run (fun cancellation ->
    Information.facts settings.Engine settings.Data cancellation
    |> Terminal.print [] (fun (name, value) -> [ name; value ]) (fun (name, value) -> $"{name, -11} {value}"))
#endif
