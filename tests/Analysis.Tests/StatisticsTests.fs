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
