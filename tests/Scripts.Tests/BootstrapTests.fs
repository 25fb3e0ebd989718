/// The bootstrap on a tiny toolkit in a temporary folder: the real bootstrap.fsx, a library of one file.
module Scripts.Tests.BootstrapTests

open System
open System.IO
open System.Threading.Tasks
open Scripting
open Scripts.Tests.Processes
open Xunit

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

[<Fact>]
let ``a script builds what changed, once, and passes arguments and exit code through`` () =
    use toolkit = newToolkit ()

    // Two started at once: one builds, both run.
    let both = [| 0; 1 |] |> Array.Parallel.map (fun _ -> say toolkit)
    Assert.All(both, fun outcome -> Assert.Equal("first scripts/say.fsx|a=1|b c", outcome.Output.Trim()))
    Assert.All(both, fun outcome -> Assert.Equal(7, outcome.Code))
    Assert.Equal(1, both |> Array.filter isBuilding |> Array.length)

    // Changed without a newer time, as copies with their times kept are: still seen.
    let source = Path.Combine(toolkit.Folder, "scripts", "support", "Program.fs")
    let time = File.GetLastWriteTimeUtc source
    File.WriteAllText(source, library "second")
    File.SetLastWriteTimeUtc(source, time.AddHours -1.0)
    let changed = say toolkit
    Assert.StartsWith("second", changed.Output)
    Assert.True(isBuilding changed)

    // Changed back: the first result is still there.
    File.WriteAllText(source, library "first")
    let back = say toolkit
    Assert.StartsWith("first", back.Output)
    Assert.False(isBuilding back)

    // Damaged: the compiler's message, and nothing of the old library.
    File.WriteAllText(source, "module Scripting.Program\n\nlet word = =\n")
    let broken = say toolkit
    Assert.Equal(1, broken.Code)
    Assert.Contains("error FS", broken.Errors)
    Assert.Equal("", broken.Output)

[<Fact>]
let ``a library that was changed after the build is built again, with a sentence`` () =
    use toolkit = newToolkit ()
    Assert.StartsWith("first", (say toolkit).Output)

    let built =
        Directory.GetFiles(Path.Combine(toolkit.Folder, "artifacts", "scripts"), "Scripting.dll", SearchOption.AllDirectories)
        |> Array.filter (fun path -> not (path.Contains "build"))
        |> Array.exactlyOne

    let bytes = File.ReadAllBytes built
    bytes[bytes.Length - 1] <- bytes[bytes.Length - 1] ^^^ 1uy
    File.WriteAllBytes(built, bytes)
    let patched = say toolkit
    Assert.Contains("are not those that were built; they are built again", patched.Errors)
    Assert.True(isBuilding patched)
    Assert.StartsWith("first", patched.Output)

    // A file beside them that was not built is no part of them either.
    File.WriteAllText(Path.Combine(Path.GetDirectoryName built |> nonNull, "FSharp.Extra.dll"), "x")
    Assert.Contains("built again", (say toolkit).Errors)
    Assert.False(isBuilding (say toolkit))

[<Theory; InlineData("global.json"); InlineData("paket.dependencies")>]
let ``another version of what decides a build makes another build`` (name: string) =
    use toolkit = newToolkit ()
    Assert.True(isBuilding (say toolkit))
    let path = Path.Combine(toolkit.Folder, name)
    File.WriteAllText(path, File.ReadAllText path + "\n")
    Assert.True(isBuilding (say toolkit))

[<Fact>]
let ``a path that the build would take for two is refused with the reason`` () =
    use toolkit = newToolkit ()
    let folder = Path.Combine(toolkit.Folder, "a;b")
    Directory.CreateDirectory(Path.Combine(folder, "scripts")) |> ignore

    for name in [ "scripts/bootstrap.fsx"; "scripts/say.fsx" ] do
        File.Copy(Path.Combine(toolkit.Folder, name), Path.Combine(folder, name))

    let outcome = dotnet folder [ "fsi"; "scripts/say.fsx" ]
    Assert.Equal(1, outcome.Code)
    Assert.Contains("whose path holds ';' or ','", outcome.Errors)

[<Fact>]
let ``a script in the repository starts from any folder`` () =
    use elsewhere = new Scratch()
    let outcome = dotnet elsewhere.Folder [ "fsi"; Paths.fromRoot "scripts/info.fsx"; "help" ]
    Assert.Contains("Usage: dotnet fsi", outcome.Output)
    Assert.Equal(0, outcome.Code)
