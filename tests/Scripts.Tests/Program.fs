/// Runs the tests with Expecto's own options, or a script that they compiled.
module Scripts.Tests.Program

open Expecto

[<EntryPoint>]
let main arguments =
    match List.ofArray arguments with
    | word :: folder :: commandLine when word = Compiled.word -> Compiled.execute folder (Array.ofList commandLine)
    | _ -> runTestsInAssemblyWithCLIArgs [] arguments
