module Analysis.Tests.BrowsingTests

open System
open System.IO
open System.Text
open System.Text.Json
open System.Text.RegularExpressions
open System.Threading
open Expecto
open Testing
open SparseCore.Analysis
open SparseCore.RunFolders

let private index (root: string) (where: string) =
    let index = RunIndex.Index(root, Selection.parse where)
    index.Scan CancellationToken.None
    index

let private names (runs: PageData.Run[]) = runs |> Array.map _.Name |> List.ofArray

let private nameOf (path: string) = string (Path.GetFileName path)

/// Names of the properties of the interfaces that the page's types declare.
let private declared: Map<string, string list> =
    let source = File.ReadAllText(Path.Combine(Repository.root, "Analysis.FSharp", "assets", "browse", "types.d.ts"))
    let source = Regex.Replace(source, @"(?s)/\*\*.*?\*/", "")

    Map
        [
            for one in Regex.Matches(source, @"(?s)interface (\w+) \{(.*?)\n\}") do
                let inner = Regex.Replace(one.Groups[2].Value, @"\{[^{}]*\}", "object")
                one.Groups[1].Value, [ for line in Regex.Matches(inner, @"(?m)^\s*(\w+)\??:") -> line.Groups[1].Value ]
        ]

/// Names of the properties of a record as JSON.
let private written (kind: Type) : string list =
    [
        for property in kind.GetProperties() do
            match property.GetCustomAttributes(typeof<Serialization.JsonPropertyNameAttribute>, false) |> Array.tryHead with
            | Some name -> (name :?> Serialization.JsonPropertyNameAttribute).Name
            | None -> JsonNamingPolicy.CamelCase.ConvertName property.Name
    ]

[<Tests>]
let tests =
    testList
        "Browsing"
        [
            testCase "what the server sends has the names that the page's types declare" (fun () ->
                for kind in
                    [
                        typeof<PageData.Holder>
                        typeof<PageData.Run>
                        typeof<PageData.RunList>
                        typeof<PageData.RunChanges>
                        typeof<PageData.Curve>
                        typeof<PageData.Curves>
                        typeof<PageData.FigureRequest>
                        typeof<PageData.SavedCheckpoint>
                        typeof<PageData.LayerMask>
                        typeof<PageData.Masks>
                        typeof<PageData.RunDetails>
                        typeof<PageData.Pair>
                        typeof<PageData.Verification>
                        typeof<PageData.OfflineData>
                    ] do
                    Expect.equal (List.sort (written kind)) (List.sort declared[kind.Name]) kind.Name)

            testCase "JSON has null for what is not finite, and nothing that could end a script element" (fun () ->
                let json = { Run = "<script>"; Steps = [| 1; 2 |]; Values = [| nan; 0.5 |]; Every = 1; Updates = [||] }: PageData.Curve
                let text = Encoding.UTF8.GetString(PageData.toJson json)
                Expect.stringContains text "[null,0.5]" "values"
                Expect.isFalse (text.Contains '<' || text.Contains '>') text)

            testCase "an index knows what was written, made and taken away since a version" (fun () ->
                SmallRuns.withFolder (fun root ->
                    let one = SmallRuns.write root "one" [ 0, SmallRuns.randomBlock 1; 10, SmallRuns.randomBlock 2 ]
                    Directory.CreateDirectory(Path.Combine(root, "nothing")) |> ignore
                    File.WriteAllText(Path.Combine(root, "file"), "")
                    let index = index root ""
                    let first = index.Version
                    Expect.equal (names index.List.Runs) [ nameOf one ] "runs"
                    Expect.isFalse (index.Refresh CancellationToken.None) "nothing changed"

                    let two = SmallRuns.write root "two" [ 0, SmallRuns.randomBlock 3 ]
                    Expect.isTrue (index.Refresh CancellationToken.None) "a run was made"
                    Expect.equal (names (index.ChangesSince first).Changed) [ nameOf two ] "changed"
                    let second = index.Version

                    // Half a line is no change; a whole one is.
                    let metrics = Path.Combine(two, "metrics.csv")
                    File.AppendAllText(metrics, "test_accuracy,20,")
                    index.Refresh CancellationToken.None |> ignore
                    File.AppendAllText(metrics, "0.75\n")
                    Expect.isTrue (index.Refresh CancellationToken.None) "a line was written"
                    let changed = (index.ChangesSince second).Changed
                    Expect.equal (names changed) [ nameOf two ] "changed"
                    Expect.equal changed[0].TestAccuracy (Some 0.75) "accuracy"
                    Expect.equal changed[0].Step (Some 20) "step"
                    let third = index.Version

                    Directory.Delete(one, true)
                    Expect.isTrue (index.Refresh CancellationToken.None) "a run was deleted"
                    Expect.equal (index.ChangesSince third).Removed [| nameOf one |] "removed"
                    Expect.isNone (index.TryFind(nameOf one)) "it is gone"
                    Expect.equal (names index.List.Runs) [ nameOf two ] "the other is there"))

            testCase "a run that is held is running, whatever its plan says, until its holder is gone" (fun () ->
                SmallRuns.withFolder (fun root ->
                    let path = SmallRuns.write root "held" [ 0, SmallRuns.randomBlock 1 ]
                    let plan = File.ReadAllText(Path.Combine(path, "plan.json"))
                    let held = RunFolder.Acquire(root, nameOf path, plan)
                    held.WriteRecord(RunRecord.Start held.PlanHash)
                    let index = index root ""
                    let run = index.List.Runs[0]
                    Expect.equal run.Status "running" "it is held"
                    Expect.isTrue run.Holder.Value.Here "by this machine"
                    Expect.stringContains (Option.defaultValue "" run.Sentence) "plan" "its plan is one that cannot be read here"

                    held.Dispose()
                    Expect.isTrue (index.Refresh CancellationToken.None) "the holder is gone"
                    Expect.equal index.List.Runs[0].Status "unreadable" "nobody makes it"
                    Expect.isNone index.List.Runs[0].Holder "nobody holds it"))

            testCase "folders whose bytes were changed, cut or lengthened anywhere end no scan" (fun () ->
                SmallRuns.withFolder (fun root ->
                    let path = SmallRuns.write root "whole" [ 0, SmallRuns.randomBlock 1; 10, SmallRuns.randomBlock 2 ]

                    using (RunFolder.Acquire(root, nameOf path, File.ReadAllText(Path.Combine(path, "plan.json")))) (fun held ->
                        held.WriteRecord(RunRecord.Start held.PlanHash)
                        File.Copy(Path.Combine(path, "holder.json"), Path.Combine(root, "holder")))

                    File.Move(Path.Combine(root, "holder"), Path.Combine(path, "holder.json"))
                    let files = [| "plan.json"; "run.json"; "metrics.csv"; "holder.json"; "checkpoints/000010.safetensors" |]
                    let whole = files |> Array.map (fun file -> File.ReadAllBytes(Path.Combine(path, file)))
                    let random = SparseCore.Randomness.RandomStream(7UL, "browsing", 0UL)

                    let words =
                        [|
                            "1e999"
                            "-1"
                            "null"
                            "9999-12-31T23:59:59Z"
                            "\"\\u0000\""
                            "[[["
                            "0001-01-01T00:00:00+14:00"
                            "99999999999"
                        |]

                    let changed (bytes: byte[]) =
                        let at = random.NextInt32 bytes.Length

                        match random.NextInt32 4 with
                        | 0 -> bytes[.. at - 1]
                        | 1 -> bytes |> Array.mapi (fun index value -> if index = at then byte (random.NextInt32 256) else value)
                        | 2 ->
                            Array.concat [ bytes[.. at - 1]; Encoding.ASCII.GetBytes words[random.NextInt32 words.Length]; bytes[at..] ]
                        | _ ->
                            // A word in the place of a value.
                            let text = Encoding.Latin1.GetString bytes
                            let values = Regex.Matches(text, @"(?<=[:,] ?)[^,:\s{}\[\]]+")
                            let value = values[random.NextInt32 values.Count]

                            text.Remove(value.Index, value.Length).Insert(value.Index, words[random.NextInt32 words.Length])
                            |> Encoding.Latin1.GetBytes

                    // Behind the plan's hash, as whoever means harm would.
                    for case in 1..400 do
                        let contents = whole |> Array.map (fun bytes -> if random.NextInt32 3 = 0 then changed bytes else bytes)
                        let hash = Security.Cryptography.SHA256.HashData contents[0] |> Convert.ToHexStringLower
                        let folder = Path.Combine(root, $"case{case}-{hash.Substring(0, 8)}")
                        Directory.CreateDirectory(Path.Combine(folder, "checkpoints")) |> ignore

                        Array.iter2
                            (fun (file: string) (content: byte[]) -> File.WriteAllBytes(Path.Combine(folder, file), content))
                            files
                            contents

                    let index = index root ""
                    Expect.equal index.List.Runs.Length 401 "runs"
                    index.Refresh CancellationToken.None |> ignore

                    for run in index.List.Runs do
                        try
                            RunDetails.details (fun _ -> Error "No command.") (Path.Combine(root, run.Name)) |> ignore
                        with
                        | :? IOException
                        | :? InvalidDataException
                        | :? ArgumentException -> ()))

            testCase "conditions choose what an index shows, as they choose what is compared" (fun () ->
                SmallRuns.withFolder (fun root ->
                    for name in [ "one"; "two"; "three" ] do
                        SmallRuns.write root name [ 0, SmallRuns.randomBlock 1; 10, SmallRuns.randomBlock 2 ] |> ignore

                    for where in [ "name=one,three"; "test_accuracy=0.5..2"; "widths=[5,4]"; "name=nobody" ] do
                        Expect.equal (names (index root where).List.Runs) (Selection.accepted root (Selection.parse where)) where))

            testCase "a run is shown as soon as the conditions accept it, and not before; a field that no run has is refused" (fun () ->
                SmallRuns.withFolder (fun root ->
                    let path = SmallRuns.write root "rising" [ 0, SmallRuns.randomBlock 1 ]
                    let index = index root "test_accuracy=0.7..1"
                    Expect.isEmpty index.List.Runs "its accuracy is 0"
                    File.AppendAllText(Path.Combine(path, "metrics.csv"), "test_accuracy,20,0.75\n")
                    Expect.isTrue (index.Refresh CancellationToken.None) "its accuracy rose"
                    Expect.equal (names (index.ChangesSince 0).Changed) [ nameOf path ] "it is shown"
                    File.AppendAllText(Path.Combine(path, "metrics.csv"), "test_accuracy,30,0.25\n")
                    Expect.isTrue (index.Refresh CancellationToken.None) "its accuracy fell"
                    Expect.equal (index.ChangesSince 0).Removed [| nameOf path |] "it is not shown"

                    let refused = RunIndex.Index(root, Selection.parse "nothing=1")
                    Expect.throwsT<ArgumentException> (fun () -> refused.Scan CancellationToken.None) "no such field"))

            testCase "curves are thinned alike, and what is missing is said" (fun () ->
                SmallRuns.withFolder (fun root ->
                    let path = SmallRuns.write root "long" [ 0, SmallRuns.randomBlock 1 ]
                    let lines = String.Join("", [ for step in 1..5000 -> $"train_loss,{step},0.5\n" ])
                    File.AppendAllText(Path.Combine(path, "metrics.csv"), lines)
                    let found = RunCurves.curves root "train_loss" [| nameOf path; "nobody-00000000" |]
                    let curve = found.Curves[0]
                    Expect.equal curve.Every 3 "5,001 rows in at most 2,000"
                    Expect.equal (curve.Steps |> Array.truncate 3) [| 0; 3; 6 |] "first steps"
                    Expect.equal (Array.last curve.Steps) 5000 "the last one is there"
                    Expect.equal (found.Missing |> Array.map _.Run) [| "nobody-00000000" |] "missing"
                    let none = RunCurves.curves root "nothing" [| nameOf path |]
                    Expect.equal none.Missing [| { Run = nameOf path; Reason = "it has no such metric" } |] "no such metric"))

            testCase "mask updates are where masks say that they changed, or the number of weights does" (fun () ->
                let rows (values: (string * int * float) list) = [| for metric, step, value in values -> MetricRow(metric, step, value) |]

                Expect.equal
                    (RunCurves.updates (rows [ "mask_churn", 100, 0.1; "active_weights", 100, 5.0; "mask_churn", 200, 0.0 ]))
                    [| 100; 200 |]
                    "churn"

                Expect.equal
                    (RunCurves.updates (rows [ "active_weights", 0, 9.0; "active_weights", 10, 9.0; "active_weights", 20, 5.0 ]))
                    [| 20 |]
                    "weights")

            testCase "smoothing is the average of the past, without a pull to 0" (fun () ->
                Expect.equal (RunCurves.smoothed 0.0 [| 1.0; 2.0 |]) [| 1.0; 2.0 |] "none"
                let smooth = RunCurves.smoothed 0.5 [| 1.0; nan; 2.0; 4.0 |]
                Expect.equal smooth[0] 1.0 "the first is itself"
                Expect.isTrue (Double.IsNaN smooth[1]) "a gap stays"
                Expect.floatClose Accuracy.high smooth[2] ((0.5 * 1.0 + 2.0) / 1.5) "second"
                Expect.floatClose Accuracy.high smooth[3] ((0.25 * 1.0 + 0.5 * 2.0 + 4.0) / 1.75) "third")

            testCase "masks count what changed between two checkpoints" (fun () ->
                SmallRuns.withFolder (fun root ->
                    let run = SmallRuns.write root "one" [ 0, SmallRuns.randomBlock 1; 10, SmallRuns.randomBlock 2 ] |> Runs.load
                    let masks = RunDetails.masks run 10 (Some 0)
                    Expect.equal (masks.Layers |> Array.map _.Active) (SmallRuns.masks.ActiveCounts()) "active"

                    for layer in masks.Layers do
                        Expect.equal (layer.Appeared, layer.Vanished) (Some 0, Some 0) layer.Name
                        Expect.equal (layer.FanIn |> Array.sumBy (fun fan -> fan.Count * fan.Neurons)) layer.Active "fan-in"
                        Expect.equal (layer.FanOut |> Array.sumBy _.Neurons) layer.Inputs "fan-out"))

            testCase "a page in one file has every part inside, and asks for nothing" (fun () ->
                SmallRuns.withFolder (fun root ->
                    SmallRuns.write root "one" [ 0, SmallRuns.randomBlock 1; 10, SmallRuns.randomBlock 2 ] |> ignore
                    let page = RunPage.offline (index root "") (fun _ -> Error "No command.")
                    Expect.isFalse (Regex.IsMatch(page, "<(script|link)[^>]* (src|href)=\"(?!data:)")) "nothing is loaded"
                    Expect.stringContains page "offline-data" "data"
                    Expect.stringContains page "Content-Security-Policy" "policy"
                    Expect.equal (Regex.Count(page, "<script")) (RunPage.files.Length - 2 + 1) "scripts and data"))
        ]
