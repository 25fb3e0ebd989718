/// The bootstrap on a tiny toolkit in a temporary folder: the real bootstrap.fsx, a library of one file.
module Scripts.Tests.BootstrapTests

open System
open System.IO
open System.Threading.Tasks
open Scripting
open Scripts.Tests.Processes
open Expecto
open Testing

let private library (word: string) = $"module Scripting.Program\n\nlet word = \"{word}\"\n"

let private newToolkit () =
    let scratch = new Scratch()

    for name in [ "Directory.Build.props"; "Directory.Build.targets"; "Directory.Packages.props"; "global.json"; "paket.dependencies" ] do
        File.Copy(Paths.fromRoot name, Path.Combine(scratch.Folder, name))

    for folder in [ "SparseCore.CSharp"; "Analysis.FSharp" ] do
        Directory.CreateDirectory(Path.Combine(scratch.Folder, folder)) |> ignore

    scratch.Write("scripts/bootstrap.fsx", File.ReadAllText(Paths.fromRoot "scripts/bootstrap.fsx")) |> ignore
    scratch.Write("scripts/support/Program.fs", library "first") |> ignore

    scratch.Write(
        "scripts/support/Scripting.fsproj",
        """<Project Sdk="Microsoft.NET.Sdk">
             <PropertyGroup><RestorePackagesWithLockFile>false</RestorePackagesWithLockFile></PropertyGroup>
             <ItemGroup><Compile Include="Program.fs" /></ItemGroup>
           </Project>"""
    )
    |> ignore

    scratch.Write(
        "scripts/say.fsx",
        "#if !TOOLKIT_READY && !EDITING\n#load \"bootstrap.fsx\"\n#else\n#r \"Scripting.dll\"\n"
        + "System.Console.WriteLine(Scripting.Program.word + \" \" + String.concat \"|\" fsi.CommandLineArgs)\n"
        + "exit 7\n#endif\n"
    )
    |> ignore

    scratch

let private say (toolkit: Scratch) = dotnet toolkit.Folder [ "fsi"; "scripts/say.fsx"; "a=1"; "b c" ]

let private isBuilding (outcome: Outcome) = outcome.Errors.Contains "building the toolkit ("

[<Tests>]
let tests =
    testList
        "Bootstrap"
        [
            testCase "a script builds what changed, once, and passes arguments and exit code through" (fun () ->
                use toolkit = newToolkit ()

                // Two started at once: one builds, both run.
                let both = [| 0; 1 |] |> Array.Parallel.map (fun _ -> say toolkit)

                for outcome in both do
                    Expect.equal (outcome.Output.Trim()) "first scripts/say.fsx|a=1|b c" "output"

                for outcome in both do
                    Expect.equal outcome.Code 7 "exit code"

                Expect.equal (both |> Array.filter isBuilding |> Array.length) 1 "number of builds"

                // Changed without a newer time, as copies with their times kept are: still seen.
                let source = Path.Combine(toolkit.Folder, "scripts", "support", "Program.fs")
                let time = File.GetLastWriteTimeUtc source
                File.WriteAllText(source, library "second")
                File.SetLastWriteTimeUtc(source, time.AddHours -1.0)
                let changed = say toolkit
                Expect.stringStarts changed.Output "second" "output"
                Expect.isTrue (isBuilding changed) "whether it builds"

                // Changed back: the first result is still there.
                File.WriteAllText(source, library "first")
                let back = say toolkit
                Expect.stringStarts back.Output "first" "output"
                Expect.isFalse (isBuilding back) "whether it builds"

                // Damaged: the compiler's message, and nothing of the old library.
                File.WriteAllText(source, "module Scripting.Program\n\nlet word = =\n")
                let broken = say toolkit
                Expect.equal broken.Code 1 "exit code"
                Expect.stringContains broken.Errors "error FS" "error stream"
                Expect.equal broken.Output "" "output")

            testCase "a library that was changed after the build is built again, with a sentence" (fun () ->
                use toolkit = newToolkit ()
                Expect.stringStarts (say toolkit).Output "first" "output"

                let built =
                    Directory.GetFiles(Path.Combine(toolkit.Folder, "artifacts", "scripts"), "Scripting.dll", SearchOption.AllDirectories)
                    |> Array.filter (fun path -> not (path.Contains "build"))
                    |> Array.exactlyOne

                let bytes = File.ReadAllBytes built
                bytes[bytes.Length - 1] <- bytes[bytes.Length - 1] ^^^ 1uy
                File.WriteAllBytes(built, bytes)
                let patched = say toolkit
                Expect.stringContains patched.Errors "are not those that were built; they are built again" "error stream"
                Expect.isTrue (isBuilding patched) "whether it builds"
                Expect.stringStarts patched.Output "first" "output"

                // A file beside them that was not built is no part of them either.
                File.WriteAllText(Path.Combine(Path.GetDirectoryName built |> nonNull, "FSharp.Extra.dll"), "x")
                Expect.stringContains (say toolkit).Errors "built again" "error stream"
                Expect.isFalse (isBuilding (say toolkit)) "whether it builds")

            testEach "another version of what decides a build makes another build" [ "global.json"; "paket.dependencies" ] (fun name ->
                use toolkit = newToolkit ()
                Expect.isTrue (isBuilding (say toolkit)) "whether it builds"
                let path = Path.Combine(toolkit.Folder, name)
                File.WriteAllText(path, File.ReadAllText path + "\n")
                Expect.isTrue (isBuilding (say toolkit)) "whether it builds")

            testCase "a path that the build would take for two is refused with the reason" (fun () ->
                use toolkit = newToolkit ()
                let folder = Path.Combine(toolkit.Folder, "a;b")
                Directory.CreateDirectory(Path.Combine(folder, "scripts")) |> ignore

                for name in [ "scripts/bootstrap.fsx"; "scripts/say.fsx" ] do
                    File.Copy(Path.Combine(toolkit.Folder, name), Path.Combine(folder, name))

                let outcome = dotnet folder [ "fsi"; "scripts/say.fsx" ]
                Expect.equal outcome.Code 1 "exit code"
                Expect.stringContains outcome.Errors "whose path holds ';' or ','" "error stream")

            testCase "a script in the repository starts from any folder" (fun () ->
                use elsewhere = new Scratch()
                let outcome = dotnet elsewhere.Folder [ "fsi"; Paths.fromRoot "scripts/info.fsx"; "help" ]
                Expect.stringContains outcome.Output "Usage: dotnet fsi" "output"
                Expect.equal outcome.Code 0 "exit code")
        ]
