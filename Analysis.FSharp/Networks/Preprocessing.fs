/// How an imported network wants its pixels: its loss and accuracy on data, as it is fed and as it might have been trained.
module SparseCore.Analysis.Preprocessing

open System
open SparseCore.Data
open SparseCore.Engine

/// A network's performance with one normalization of pixels.
type Trial =
    {
        /// The normalization.
        Inputs: InputNormalization
        /// Loss and accuracy with it.
        Performance: Evaluation.Performance
    }

/// What was found.
type Finding =
    {
        /// As the network is fed.
        Fed: Trial
        /// As it does much better, if there is such a way.
        Better: Trial option
        /// Test examples that were looked at.
        Examples: int
        /// Number of classes.
        Classes: int
    }

/// Values from which mean and standard deviation are computed: all of MNIST, whose even images are darker than its odd ones, and a sample of photographs.
let private momentValues = 100_000_000

/// A loss below this share of the fed one is much better; lower ones happen by chance, as another scale of the inputs changes how sure a network is.
let private muchBetter = 0.9

/// Mean and standard deviation of b / 255 over a data set, or over examples evenly spaced in a large one, channel by channel, rounded to four decimals as they are usually given.
let moments (data: Dataset) : InputNormalization =
    let shape = data.Shape

    let sample =
        SpreadDataset.Of(NormalizedDataset.Of(data, InputNormalization.None shape.Channels), max 1 (momentValues / shape.Count))

    let area = shape.Height * shape.Width
    let sums: float[] = Array.zeroCreate shape.Channels
    let squares: float[] = Array.zeroCreate shape.Channels
    let pixels: float32[] = Array.zeroCreate shape.Count

    for example in 0 .. sample.Count - 1 do
        sample.Read(example, Span pixels)

        for index in 0 .. pixels.Length - 1 do
            let value = float pixels[index]
            sums[index / area] <- sums[index / area] + value
            squares[index / area] <- squares[index / area] + value * value

    let count = float sample.Count * float area
    let means = sums |> Array.map (fun sum -> sum / count)
    let deviations = Array.map2 (fun mean square -> sqrt (max 0.0 (square / count - mean * mean))) means squares
    let rounded (value: float) = Math.Round(value, 4)
    InputNormalization(Array.map rounded means, deviations |> Array.map (fun deviation -> max 0.0001 (rounded deviation)))

/// The ways in which people feed images: as the data has them, b / 255, between -1 and 1, and standardized by the training pixels.
let usual (data: DataSplit) : InputNormalization list =
    let channels = data.Train.Shape.Channels

    [
        data.Train.Normalization
        InputNormalization.None channels
        InputNormalization.Uniform(channels, 0.5, 0.5)
        moments data.Train
    ]
    |> List.distinct

/// Measures a network on test examples evenly spaced in the data, at most `most` of them, as it is fed and in all usual ways.
let examine (engines: IEngineFactory) (most: int) (data: DataSplit) (snapshot: Snapshot) : Finding =
    let test = SpreadDataset.Of(data.Test, most)
    let fed = snapshot.Inputs |> Option.defaultValue data.Test.Normalization

    let attempt inputs =
        {
            Inputs = inputs
            Performance = Evaluation.performance engines test { snapshot with Inputs = Some inputs }
        }

    let now = attempt fed

    let best = usual data |> List.filter ((<>) fed) |> List.map attempt |> List.sortBy _.Performance.Loss |> List.tryHead

    let isBetter trial =
        trial.Performance.Loss < muchBetter * now.Performance.Loss && trial.Performance.Accuracy > now.Performance.Accuracy

    {
        Fed = now
        Better = best |> Option.filter isBetter
        Examples = test.Count
        Classes = data.Test.Classes
    }

let private shown (trial: Trial) =
    sprintf "loss %.4f nats, accuracy %.2f%%" trial.Performance.Loss (100.0 * trial.Performance.Accuracy)

/// The finding in sentences: what was measured, and a warning where the pixels look wrong.
let sentences (finding: Finding) : string list =
    let guess = log (float finding.Classes)
    let chance = 1.0 / float finding.Classes
    let belowChance = chance - 4.0 * sqrt (chance * (1.0 - chance) / float finding.Examples)

    [
        $"On {finding.Examples} test images, pixels with {finding.Fed.Inputs}: {shown finding.Fed}."

        match finding.Better with
        | Some better ->
            $"warning: with {better.Inputs} it does much better: {shown better}. If it was trained so, import it with these settings."
        | None when finding.Fed.Performance.Loss > guess || finding.Fed.Performance.Accuracy < belowChance ->
            sprintf
                "warning: that is worse than a guess (loss %.4f, accuracy %.2f%%), however the pixels are normalized in the usual ways. Check the data, the order of its classes, and mean= and std=."
                guess
                (100.0 * chance)
        | None -> ()
    ]
