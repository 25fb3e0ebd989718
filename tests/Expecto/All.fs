/// All tests of an assembly, found by their attribute, and the test that none is left out.
module Testing.All

open System.IO
open System.Reflection
open System.Text.RegularExpressions
open Expecto

let private assembly = Assembly.GetExecutingAssembly()

/// All values of this assembly that are marked [<Tests>].
let tests () : Test =
    match Impl.testFromAssembly assembly with
    | Some tests -> tests
    | None -> failwith $"No value of {assembly} is marked [<Tests>]."

/// The names that are written in a source: the texts after testCase, testProperty and all other words with "test" in them.
let private namesIn (source: string) =
    [
        for test in Regex.Matches(source, @"\b\w*[tT]est\w*\s+(?:\{[^}]*\}\s+)?""((?:[^""\\]|\\.)*)""") do
            Regex.Unescape test.Groups[1].Value
    ]

[<Tests>]
let complete =
    testCase "every test that is written is run" (fun () ->
        let found =
            set
                [
                    for case in Test.toTestCodeList (tests ()) do
                        yield! case.name
                ]

        let folder = Path.Combine(Repository.root, "tests", string (assembly.GetName().Name))
        let files = Directory.GetFiles(folder, "*Tests.fs")
        Expect.isNonEmpty files $"tests in {folder}"

        for file in files do
            let names = namesIn (File.ReadAllText file)
            Expect.isNonEmpty names $"tests in {file}"

            for name in names do
                Expect.isTrue (found.Contains name) $"'{name}' is written in {file} but not run: it stands in no list marked [<Tests>]")
