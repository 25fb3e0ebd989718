module Analysis.Tests.InterpolationTests

open System
open Xunit
open Analysis

let private line = Interpolation.betweenVectors [| 1f; -2f; 0.1f |] [| 3f; 2f; 0.7f |]

[<Fact>]
let ``alphas are 29 places from -0.2 to 1.2 that meet 0 and 1`` () =
    Assert.Equal(29, Interpolation.alphas.Length)
    Assert.Equal(-0.2, Interpolation.alphas[0])
    Assert.Equal(0.0, Interpolation.alphas[4])
    Assert.Equal(0.05, Interpolation.alphas[5])
    Assert.Equal(1.0, Interpolation.alphas[24])
    Assert.Equal(1.2, Interpolation.alphas[28])

[<Fact>]
let ``point meets both ends exactly and the middle half way`` () =
    Assert.Equal<float32[]>(line.Start, Interpolation.point 0.0 line)
    Assert.Equal<float32[]>(line.End, Interpolation.point 1.0 line)
    Assert.Equal<float32[]>([| 2f; 0f; 0.4f |], Interpolation.point 0.5 line)

[<Fact>]
let ``point extrapolates beyond the ends`` () =
    Assert.Equal<float32[]>([| 3.5f |], Interpolation.point 1.25 (Interpolation.betweenVectors [| 1f |] [| 3f |]))

[<Fact>]
let ``evaluateWith hands out the parameters of every place in order`` () =
    let path = Interpolation.evaluateWith (fun parameters -> float parameters[0]) line
    Assert.Equal<float[]>(Interpolation.alphas, path |> Array.map _.Alpha)
    path |> Array.iter (fun place -> Assert.Equal(1.0 + 2.0 * place.Alpha, place.Value, 6))

[<Fact>]
let ``barrierHeight is measured above the straight line between the end losses`` () =
    // Ends 2 and 0: the line at 0.5 is 1; the loss there is 4.
    let alphas, losses = [| -0.5; 0.0; 0.5; 1.0; 1.5 |], [| 9.0; 2.0; 4.0; 0.0; 9.0 |]
    Assert.Equal(3.0, Interpolation.barrierHeight alphas losses)
    Assert.Equal(2.0, Interpolation.riseAboveEnds alphas losses)

[<Fact>]
let ``a path that sags has no barrier`` () =
    let alphas, losses = [| 0.0; 0.5; 1.0 |], [| 2.0; 0.5; 1.0 |]
    Assert.Equal(0.0, Interpolation.barrierHeight alphas losses)
    Assert.Equal(0.0, Interpolation.riseAboveEnds alphas losses)

[<Fact>]
let ``a NaN on the way is not hidden by the maximum`` () =
    Assert.True(Double.IsNaN(Interpolation.barrierHeight [| 0.0; 0.5; 1.0 |] [| 2.0; nan; 1.0 |]))

[<Fact>]
let ``barrierHeight needs both ends among the places`` () =
    let error = Assert.Throws<ArgumentException>(fun () -> Interpolation.barrierHeight [| 0.0; 0.9 |] [| 1.0; 1.0 |] |> ignore)
    Assert.Contains("alpha = 1", error.Message)

[<Fact>]
let ``losses are those that evaluate gives, beside their places`` () =
    let snapshot (seed: int) : Snapshot =
        {
            Run = "run"
            Step = 0
            Masks = SmallRuns.masks
            Values = (SmallRuns.randomBlock seed).Values
            ContentHash = ""
            Inputs = None
        }

    let data = SmallRuns.data 40 1
    let line = Interpolation.between (snapshot 1) (snapshot 2)
    let alphas, losses = Interpolation.losses data line
    Assert.Equal<float[]>(Interpolation.alphas, alphas)
    Assert.Equal<float[]>(line |> Interpolation.evaluate 1 Evaluation.Stored data |> Array.map _.Value.Loss, losses)
    Assert.NotEqual(losses[4], losses[24])
