// How do the plans of two runs differ? Prints one line for every setting that is not the same in both.
// Inputs: two run folders. Outputs: lines on the terminal; exit code 1 when the plans differ, 0 when they are equal.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open SparseCore
open SparseCore.Analysis
open Scripting

let settings =
    Settings.orExit "Prints how the plans of two runs differ." fsi.CommandLineArgs (fun given ->
        {|
            First = Settings.requiredPath "first" "a run's folder" given
            Second = Settings.requiredPath "second" "another run's folder" given
        |})

Program.run (fun _ ->
    match PlanDifferences.between (Runs.load settings.First) (Runs.load settings.Second) with
    | [] -> printfn "the plans are equal"
    | differences ->
        [ for setting, first, second in differences -> List.map ForeignText.Show [ setting; first; second ] ]
        |> Terminal.print [ "setting"; "first"; "second" ] id (fun row -> $"{row[0], -40} {row[1]} -> {row[2]}")

        exit 1)
#endif
