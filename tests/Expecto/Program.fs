/// `dotnet run` runs the tests with Expecto's own options; `--help` lists them.
module Testing.Program

open Expecto

[<EntryPoint>]
let main arguments = runTestsInAssemblyWithCLIArgs [] arguments
