/// Versions of packages stand in paket.dependencies alone, and the builds take them from there.
module Scripts.Tests.PackagesTests

open System
open System.IO
open System.Text.Json
open System.Text.RegularExpressions
open System.Xml.Linq
open Scripting
open Scripts.Tests.Processes
open Expecto

/// Names and versions in paket.dependencies.
let private packages =
    [
        for line in File.ReadAllLines(Paths.fromRoot "paket.dependencies") do
            if line.TrimStart().StartsWith "nuget " then
                let words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                words[1], String.concat " " words[2..]
    ]

/// References to packages in the projects of the repository: file, package, names of the reference's attributes.
let private references =
    let projects folder = Directory.GetFiles(Paths.fromRoot folder, "*.*proj", SearchOption.AllDirectories)

    let files =
        Array.collect projects [| "SparseCore.CSharp"; "Analysis.FSharp"; "scripts"; "tests" |]
        |> Array.append (Directory.GetFiles(Paths.root, "Directory.*"))

    [
        for file in files do
            for reference in XDocument.Load(file).Descendants "PackageReference" do
                match reference.Attribute "Include" with
                | null -> ()
                | name ->
                    Path.GetRelativePath(Paths.root, file),
                    name.Value,
                    [ for attribute in reference.Attributes() -> attribute.Name.LocalName ]
    ]

[<Tests>]
let tests =
    testList
        "Packages"
        [
            testCase "every package is named once, with an exact version" (fun () ->
                Expect.equal (packages |> List.map fst) (packages |> List.map fst |> List.distinct) "names of the packages"

                for _, version in packages do
                    Expect.isMatch version @"^\d+\.\d+(\.\d+)+$" "version")

            testCase "every package that a project refers to is named, and has no version in the project" (fun () ->
                Expect.isNonEmpty references "references"

                for file, name, attributes in references do
                    Expect.isTrue
                        (packages |> List.exists (fst >> (=) name))
                        $"{file} refers to {name}, which paket.dependencies does not name."

                    Expect.isTrue
                        (attributes |> List.forall (fun name -> not (name.StartsWith "Version")))
                        $"{file} gives {name} a version of its own.")

            testCase "the builds take the versions of all packages and no others" (fun () ->
                let outcome = dotnet Paths.root [ "msbuild"; "scripts/support/Scripting.fsproj"; "-getItem:PackageVersion" ]
                use json = JsonDocument.Parse outcome.Output

                let found =
                    [
                        for item in json.RootElement.GetProperty("Items").GetProperty("PackageVersion").EnumerateArray() do
                            string (item.GetProperty("Identity").GetString()), string (item.GetProperty("Version").GetString())
                    ]

                Expect.equal found packages "reason")

            testCase "lines of an unknown form stop the build and are named" (fun () ->
                use scratch = new Scratch()

                let wrong =
                    [
                        "nuget Extra"
                        "nuget Extra >= 1.2.3"
                        "nuget Extra ~> 1.2"
                        "nuget Extra 1.*"
                        "nuget Extra 1.2.3 restriction: >= net10.0"
                        "source somewhere"
                        "github someone/something"
                        "nuget: Extra 1.2.3; $(Name) @(Items) %(Name)"
                    ]

                File.Copy(Paths.fromRoot "Directory.Packages.props", Path.Combine(scratch.Folder, "Directory.Packages.props"))
                let text = File.ReadAllText(Paths.fromRoot "paket.dependencies")
                scratch.Write("paket.dependencies", text + String.Join('\n', wrong)) |> ignore

                let project =
                    """<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>"""

                scratch.Write("sample.csproj", project) |> ignore
                let outcome = dotnet scratch.Folder [ "restore" ]
                Expect.equal outcome.Code 1 "exit code"
                Expect.stringContains outcome.Output ("found: " + String.Join(" | ", wrong)) "output")
        ]
