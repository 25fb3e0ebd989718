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

/// A script that loads another one, then does its work.
let private script (loaded: string) (body: string) =
    $"#if !TOOLKIT_READY && !EDITING\n#load \"bootstrap.fsx\"\n#else\n#load \"{loaded}.fsx\"\n{body}\n#endif\n"

let private newToolkit () =
    let scratch = new Scratch()

    for name in [ "Directory.Build.props"; "Directory.Build.targets"; "Directory.Packages.props"; "global.json"; "paket.dependencies" ] do
        File.Copy(Paths.fromRoot name, Path.Combine(scratch.Folder, name))

    for folder in [ "SparseCore.CSharp"; "Analysis.FSharp" ] do
        Directory.CreateDirectory(Path.Combine(scratch.Folder, folder)) |> ignore

    for name in [ "scripts/bootstrap.fsx"; "scripts/bootstrap.fs" ] do
        scratch.Write(name, File.ReadAllText(Paths.fromRoot name)) |> ignore

    scratch.Write("scripts/prelude.fsx", "#r \"Scripting.dll\"\n") |> ignore
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
        script "prelude" "System.Console.WriteLine(Scripting.Program.word + \" \" + String.concat \"|\" fsi.CommandLineArgs)\nexit 7"
    )
    |> ignore

    scratch

let private say (toolkit: Scratch) = dotnet toolkit.Folder [ "fsi"; "scripts/say.fsx"; "a=1"; "b c" ]

let private scripts (toolkit: Scratch) = Path.Combine(toolkit.Folder, "artifacts", "scripts")

/// A new toolkit after its first two starts, at once; and the libraries that the one of them built for both.
let private first =
    lazy
        (let toolkit = newToolkit ()
         let outcomes = [| 0; 1 |] |> Array.Parallel.map (fun _ -> say toolkit)
         let libraries = new Scratch()

         for folder in Directory.GetDirectories(scripts toolkit, "????????????????") do
             for file in Directory.GetFiles folder do
                 File.Copy(file, Path.Combine(libraries.Folder, string (Path.GetFileName file)))

         for scratch in [ toolkit; libraries ] do
             AppDomain.CurrentDomain.ProcessExit.Add(fun _ -> (scratch :> IDisposable).Dispose())

         toolkit, outcomes, libraries.Folder)

/// A toolkit whose start is compiled, and whose build takes the libraries of the first one instead of a compiler's time.
let private quickToolkit () =
    let from, _, libraries = first.Value
    let toolkit = newToolkit ()

    for name in [ "bootstrap.dll"; "bootstrap.dll.mark" ] do
        toolkit.Write($"artifacts/scripts/{name}", "") |> ignore
        File.Copy(Path.Combine(scripts from, name), Path.Combine(scripts toolkit, name), true)

    toolkit.Write(
        "scripts/support/Scripting.fsproj",
        $"""<Project>
              <Target Name="Restore" />
              <Target Name="Rebuild">
                <ItemGroup><Library Include="{libraries}/*.dll" /></ItemGroup>
                <Copy SourceFiles="@(Library)" DestinationFolder="$(ArtifactsPath)/bin/Scripting/release" />
              </Target>
            </Project>"""
    )
    |> ignore

    toolkit

/// What the bootstrap keeps of the scripts that it compiled.
let private compiled (toolkit: Scratch) =
    Directory.GetDirectories(scripts toolkit, "compiled", SearchOption.AllDirectories)
    |> Array.collect Directory.GetFileSystemEntries
    |> Array.sort

let private damage (path: string) =
    let bytes = File.ReadAllBytes path
    bytes[bytes.Length / 2] <- bytes[bytes.Length / 2] ^^^ 1uy
    File.WriteAllBytes(path, bytes)

let private isBuilding (outcome: Outcome) = outcome.Errors.Contains "building the toolkit ("

[<Tests>]
let tests =
    testList
        "Bootstrap"
        [
            testCase "a script builds what changed, once, and passes arguments and exit code through" (fun () ->
                // Two started at once: one builds, both run.
                let toolkit, both, _ = first.Value

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
                use toolkit = quickToolkit ()
                Expect.stringStarts (say toolkit).Output "first" "output"

                let built =
                    Directory.GetFiles(scripts toolkit, "Scripting.dll", SearchOption.AllDirectories)
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

            testCase "a script is compiled once, and again when it changed or what was compiled is damaged" (fun () ->
                use toolkit = quickToolkit ()
                let path = Path.Combine(toolkit.Folder, "scripts", "say.fsx")
                Expect.stringStarts (say toolkit).Output "first" "output"
                let first = Array.exactlyOne (compiled toolkit)
                let time = File.GetLastWriteTimeUtc first
                Expect.stringStarts (say toolkit).Output "first" "output"
                Expect.equal (File.GetLastWriteTimeUtc(Array.exactlyOne (compiled toolkit))) time "time of the compiled script"

                damage first
                Expect.stringStarts (say toolkit).Output "first" "output"

                // Changed with its time kept, and what all scripts load.
                let written = File.GetLastWriteTimeUtc path
                File.WriteAllText(path, File.ReadAllText(path).Replace("Program.word +", "Program.word + \"!\" +"))
                File.SetLastWriteTimeUtc(path, written)
                Expect.stringStarts (say toolkit).Output "first! " "output"
                toolkit.Write("scripts/prelude.fsx", "#r \"Scripting.dll\"\nSystem.Console.Write \"prelude \"\n") |> ignore
                Expect.stringStarts (say toolkit).Output "prelude first! " "output"

                // As fsi has it: a mistake is shown with its place, an exception with its name and the script's line, both with code 1.
                toolkit.Write("scripts/say.fsx", script "prelude" "let x: int = \"text\"") |> ignore
                let mistaken = say toolkit
                Expect.stringContains mistaken.Errors "say.fsx(5,14): error FS0001" "error stream"
                Expect.equal mistaken.Code 1 "exit code"
                toolkit.Write("scripts/say.fsx", script "prelude" "invalidOp \"thrown\"") |> ignore
                let thrown = say toolkit
                Expect.stringContains thrown.Errors "InvalidOperationException: thrown" "error stream"
                Expect.stringContains thrown.Errors "say.fsx:line 5" "error stream"
                Expect.equal thrown.Code 1 "exit code")

            testCase "a script that loads others is interpreted, so that it sees their changes" (fun () ->
                use toolkit = quickToolkit ()
                toolkit.Write("scripts/mine.fsx", "let own = \"mine\"\n") |> ignore
                toolkit.Write("scripts/say.fsx", script "mine" "printfn \"%s\" Mine.own") |> ignore
                Expect.equal ((say toolkit).Output.Trim()) "mine" "output"
                toolkit.Write("scripts/mine.fsx", "let own = \"changed\"\n") |> ignore
                Expect.equal ((say toolkit).Output.Trim()) "changed" "output"
                Expect.isEmpty (compiled toolkit) "compiled scripts")

            testCase "a changed or damaged start is compiled again" (fun () ->
                use toolkit = quickToolkit ()
                damage (Path.Combine(scripts toolkit, "bootstrap.dll"))
                Expect.stringStarts (say toolkit).Output "first" "output"
                let source = Path.Combine(toolkit.Folder, "scripts", "bootstrap.fs")
                File.WriteAllText(source, File.ReadAllText(source).Replace("building the toolkit (", "building another toolkit ("))
                Expect.stringContains (say toolkit).Errors "building another toolkit (" "error stream"
                File.WriteAllText(source, "module Bootstrap\n\nlet run = =\n")
                let broken = say toolkit
                Expect.equal broken.Code 1 "exit code"
                Expect.stringContains broken.Errors "bootstrap.fs was not compiled" "error stream"
                Expect.equal broken.Output "" "output")

            testCase "another version of what decides a build makes another build" (fun () ->
                use toolkit = quickToolkit ()
                Expect.isTrue (isBuilding (say toolkit)) "whether the first start builds"
                Expect.isFalse (isBuilding (say toolkit)) "whether the second start builds"

                for name in [ "global.json"; "paket.dependencies" ] do
                    let path = Path.Combine(toolkit.Folder, name)
                    File.WriteAllText(path, File.ReadAllText path + "\n")
                    Expect.isTrue (isBuilding (say toolkit)) $"whether it builds after a change of {name}")

            testCase "a path that the build would take for two is refused with the reason" (fun () ->
                use toolkit = newToolkit ()
                let folder = Path.Combine(toolkit.Folder, "a;b")
                Directory.CreateDirectory(Path.Combine(folder, "scripts")) |> ignore

                for name in [ "scripts/bootstrap.fsx"; "scripts/bootstrap.fs"; "scripts/say.fsx" ] do
                    File.Copy(Path.Combine(toolkit.Folder, name), Path.Combine(folder, name))

                let outcome = dotnet folder [ "fsi"; "scripts/say.fsx" ]
                Expect.equal outcome.Code 1 "exit code"
                Expect.stringContains outcome.Errors "whose path holds ';' or ','" "error stream")

            testCase "the bootstrap itself is no script" (fun () ->
                use toolkit = quickToolkit ()
                let outcome = dotnet toolkit.Folder [ "fsi"; "scripts/bootstrap.fsx" ]
                Expect.equal outcome.Code 1 "exit code"
                Expect.equal (outcome.Errors.Trim()) "bootstrap.fsx is what scripts load; start one of them instead." "error stream")

            testCase "a script in the repository starts from any folder" (fun () ->
                use elsewhere = new Scratch()
                let outcome = dotnet elsewhere.Folder [ "fsi"; Paths.fromRoot "scripts/info.fsx"; "help" ]
                Expect.stringContains outcome.Output "Usage: dotnet fsi" "output"
                Expect.equal outcome.Code 0 "exit code")
        ]
