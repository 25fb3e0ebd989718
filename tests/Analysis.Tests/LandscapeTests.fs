module Analysis.Tests.LandscapeTests

open System
open System.IO
open SparseCore.Data
open SparseCore.Parameters
open SparseCore.Analysis
open Expecto
open Testing

let private snapshot = SmallRuns.snapshot

let private named seed = $"net{seed}", snapshot seed

let private data = DataSplit(SmallRuns.data 40 1, SmallRuns.data 30 2, "mine", "abc")

let private settings (kept: string) : Landscape.Settings =
    {
        Engines = SmallRuns.engines
        Jobs = 2
        Data = data
        Inputs = None
        Examples = 20
        Statistics = Evaluation.Stored
        Size = 5
        Margin = 0.25
        MostHours = 1.0
        Kept = kept
        Report = fun _ _ -> ()
    }

let private dot (one: float[]) (other: float[]) = Array.map2 (*) one other |> Array.sum

let private close (expected: float32[]) (found: float32[]) =
    Array.map2 (fun (one: float32) (other: float32) -> abs (one - other)) expected found
    |> Array.max
    |> fun difference -> Expect.isLessThan difference 1e-5f "values"

[<Tests>]
let tests =
    testList
        "Landscape"
        [
            testCase "a plane through three networks has orthonormal directions and goes through them" (fun () ->
                let plane = Planes.through (named 1) (named 2) (named 3)
                Expect.floatClose Accuracy.high (dot plane.First plane.First) 1.0 "first"
                Expect.floatClose Accuracy.high (dot plane.Second plane.Second) 1.0 "second"
                Expect.isLessThan (abs (dot plane.First plane.Second)) 1e-12 "angle"

                for place, seed in List.zip plane.Places [ 1; 2; 3 ] do
                    Expect.isLessThan place.Beside 1e-6 "on the plane"
                    close (snapshot seed).Parameters.Values (Planes.point place.X place.Y plane).Values

                Expect.equal (plane.Places[0].X, plane.Places[0].Y, plane.Places[1].Y < 1e-9) (0.0, 0.0, true) "places"
                let same = Expect.thrown<ArgumentException>(fun () -> Planes.through (named 1) (named 1) (named 2) |> ignore)
                Expect.stringContains same.Message "are the same point" "same"

                let middle =
                    { snapshot 1 with
                        Parameters = Interpolation.point 0.5 (Interpolation.betweenBlocks (snapshot 1).Parameters (snapshot 2).Parameters)
                    }

                let line = Expect.thrown<ArgumentException>(fun () -> Planes.through (named 1) (named 2) ("middle", middle) |> ignore)
                Expect.stringContains line.Message "'middle' lies on the line" "line")

            testCase "random directions are filter by filter as long as the weights, and stay in the mask where told" (fun () ->
                let plane = Planes.random Planes.InMasks 3UL (named 1)
                let block = (snapshot 1).Parameters
                let network = block.Network

                for layer in 0 .. network.Layers.Count - 1 do
                    let fanIn, offset = network.Layers[layer].FanIn, block.WeightOffset layer

                    for filter in 0 .. network.Layers[layer].WeightCount / fanIn - 1 do
                        let part (values: float[]) = Array.sub values (offset + filter * fanIn) fanIn
                        let length values = sqrt (dot values values)
                        let own = part (block.Values |> Array.map float)
                        Expect.floatClose Accuracy.high (length (part plane.First)) (length own) "length"

                    for place in 0 .. network.Layers[layer].WeightCount - 1 do
                        if not (SmallRuns.masks[layer][place]) then
                            Expect.equal plane.First[offset + place] 0.0 "masked"

                let all = Planes.random Planes.Everywhere 3UL (named 1)
                Expect.equal all.Masks (MaskSet.Full network) "all weights"
                Expect.notEqual all.First plane.First "directions"
                Expect.equal (Planes.random Planes.InMasks 3UL (named 1)).Second plane.Second "the same seed")

            testCase "the plane along a way holds a way that lies in a plane, and says how much of it it holds" (fun () ->
                let plane = Planes.through (named 1) (named 2) (named 3)
                let at (x, y) = { snapshot 1 with Parameters = Planes.point x y plane }
                let way = [ 0.0, 0.0; 1.0, 0.5; 2.0, 0.25; 3.0, 2.0 ]
                let found = Planes.along (way |> List.mapi (fun index place -> $"step {index}", at place))
                Expect.isTrue (found.Places |> List.forall (fun place -> place.Beside < 1e-3)) "beside"
                let places = found.Places |> Array.ofList

                for (one, (x0, y0)), (other, (x1, y1)) in List.allPairs (List.indexed way) (List.indexed way) do
                    let distance = sqrt ((places[one].X - places[other].X) ** 2.0 + (places[one].Y - places[other].Y) ** 2.0)
                    Expect.isLessThan (abs (distance - sqrt ((x1 - x0) ** 2.0 + (y1 - y0) ** 2.0))) 1e-3 "distance"

                let straight =
                    Expect.thrown<ArgumentException>(fun () -> Planes.along [ for x in 0..3 -> $"{x}", at (float x, 0.0) ] |> ignore)

                Expect.stringContains straight.Message "lie on a line" "line"
                Expect.throwsT<ArgumentException> (fun () -> Planes.along [ named 1; named 2 ] |> ignore) "two")

            testCase "a grid has the losses of its points, keeps its rows, and refuses too much work" (fun () ->
                SmallRuns.withFolder (fun root ->
                    let kept = Path.Combine(root, "kept")
                    let plane = Planes.through (named 1) (named 2) (named 3)
                    let cells = Landscape.evaluate (settings kept) plane
                    Expect.equal cells.Length 25 "cells"
                    let cell = cells[7]
                    let test = SpreadDataset.Of(data.Test, Nullable 20)
                    let own = { snapshot 1 with Parameters = Planes.point cell.X cell.Y plane }
                    Expect.equal cell.TestLoss (Evaluation.performance SmallRuns.engines test own).Loss "loss"
                    let times () = Directory.GetFiles kept |> Array.sort |> Array.map File.GetLastWriteTimeUtc
                    let before = times ()
                    Expect.equal (Landscape.evaluate (settings kept) plane) cells "again"
                    Expect.equal (times ()) before "kept"
                    File.Delete(Directory.GetFiles kept |> Array.head)
                    Expect.equal (Landscape.evaluate (settings kept) plane) cells "a row made again"

                    let long =
                        Expect.thrown<ArgumentException>(fun () ->
                            Landscape.evaluate { settings kept with Examples = 19; MostHours = 0.0 } plane |> ignore)

                    Expect.stringContains long.Message "The grid of 5 x 5 points would take" "too long"
                    Landscape.write root [ "network", "lenet300" ] plane cells
                    Expect.isTrue (File.Exists(Landscape.draw root)) "figure"
                    let drawn = File.ReadAllText(Path.Combine(root, "landscape.svg"))
                    Expect.stringContains drawn "first direction (L2 distance)" "scale"
                    Expect.stringContains drawn "net2" "names"))

            testCase "contours of a plane slope are straight, and those of a hill go around it" (fun () ->
                let xs, ys = [| 0.0; 1.0; 2.0; 3.0 |], [| 0.0; 1.0; 2.0 |]
                let slope = Array2D.init 3 4 (fun _ column -> float column)
                let x, _ = Contours.line xs ys slope 1.5
                Expect.all (x |> Array.filter Double.IsFinite) (fun place -> abs (place - 1.5) < 1e-12) "places"
                Expect.equal (x |> Array.filter Double.IsFinite |> Array.length) 4 "two segments"
                let hill = Array2D.init 3 3 (fun row column -> if row = 1 && column = 1 then 1.0 else 0.0)
                let x, y = Contours.line [| -1.0; 0.0; 1.0 |] [| -1.0; 0.0; 1.0 |] hill 0.5
                let ends = Array.zip x y |> Array.filter (fst >> Double.IsFinite)
                Expect.equal ends.Length 8 "four segments"
                Expect.all ends (fun (x, y) -> abs (abs x + abs y - 0.5) < 1e-12) "around"
                // Two high corners across from each other and a high middle: the low ones are parted.
                let saddle = array2D [ [ 1.0; 0.0 ]; [ 0.2; 1.0 ] ]
                let x, _ = Contours.line [| 0.0; 1.0 |] [| 0.0; 1.0 |] saddle 0.5
                Expect.equal (x |> Array.filter Double.IsFinite |> Array.length) 4 "saddle"

                Expect.isEmpty
                    (Contours.line [| 0.0; 1.0 |] [| 0.0; 1.0 |] (array2D [ [ nan; 0.0 ]; [ 0.2; 1.0 ] ]) 0.5 |> fst)
                    "not finite")
        ]
