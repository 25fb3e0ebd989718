// Does the loss curve down anywhere around a trained network? All eigenvalues of its Hessian. A script to copy.
// Inputs: a run's folder (trained or imported), and the data. Outputs: lines on the terminal and results/examples/spectrum.svg. About 2 seconds for LeNet5.
#if !TOOLKIT_READY && !EDITING
#load "../bootstrap.fsx"
#else
#load "../prelude.fsx"

open SparseCore.Analysis
open Scripting

let folder, choice =
    Settings.orExit "Computes the Hessian's spectrum at the end of a run." fsi.CommandLineArgs (fun given ->
        Settings.requiredPath "run" "a run's folder" given, Datasets.settings "mnist" given)

Program.run (fun cancellation ->
    let spectrum = Runs.load folder |> Runs.last |> Spectra.ofSnapshot (Datasets.load cancellation choice).Train
    let curvature = Spectra.curvature spectrum
    printfn $"largest {curvature.Largest:g4}, smallest {curvature.Smallest:g4}, negative mass {100.0 * curvature.NegativeMass:F2}%%"
    Curves.spectrum "spectrum" "Its Hessian" 1e-6 [] spectrum.Eigenvalues |> Svg.write "results/examples" |> printfn "%s")
#endif
