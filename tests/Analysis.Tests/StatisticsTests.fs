module Analysis.Tests.StatisticsTests

open Xunit
open Analysis

[<Fact>]
let ``populationDeviation of 2 4 4 4 5 5 7 9 is 2`` () =
    Assert.Equal(2.0, Statistics.populationDeviation [| 2.0; 4.0; 4.0; 4.0; 5.0; 5.0; 7.0; 9.0 |], 12)

[<Fact>]
let ``confidenceHalfWidth for five values uses t(0.9, 4) at 80 percent`` () =
    // Values 1..5: sample deviation sqrt 2.5; t(0.9, 4) = 1.533206 (table of Student's t).
    let expected = 1.533206 * sqrt (2.5 / 5.0)
    Assert.Equal(expected, Statistics.confidenceHalfWidth 0.8 [| 1.0; 2.0; 3.0; 4.0; 5.0 |], 5)

[<Fact>]
let ``sampleDeviation of 1 2 3 4 5 is the root of 2.5`` () =
    Assert.Equal(sqrt 2.5, Statistics.sampleDeviation [| 1.0; 2.0; 3.0; 4.0; 5.0 |], 12)

[<Fact>]
let ``band lies evenly around the mean and collapses for one value`` () =
    let band = Statistics.band 0.8 [| 1.0; 2.0; 3.0 |]
    Assert.Equal(2.0, band.Mean, 12)
    // t(0.9, 2) = 1.885618, sample deviation 1.
    Assert.Equal(2.0 - 1.885618 / sqrt 3.0, band.Lower, 5)
    Assert.Equal(2.0 + 1.885618 / sqrt 3.0, band.Upper, 5)
    let expected: Statistics.Band = { Mean = 7.0; Lower = 7.0; Upper = 7.0 }
    Assert.Equal(expected, Statistics.band 0.8 [| 7.0 |])

[<Fact>]
let ``confidenceHalfWidth refuses a confidence of 1`` () =
    Assert.Throws<System.ArgumentException>(fun () -> Statistics.confidenceHalfWidth 1.0 [| 1.0; 2.0 |] |> ignore)
