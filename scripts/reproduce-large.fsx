// VGG16 and ResNet-50: the right side of the paper's Table 1 and its Figures 2, 3 and 5 d-f, for what is run, beside the paper's values.
// Inputs: the data (dataset=fashion32, mnist32, or imagenet with data=FOLDER). Outputs: run folders under runs=, and in out= tables, figures and report.html.
// fashion32 is not ImageNet: it shows that everything works, and which findings can be seen at that size. Time: steps x runs x seconds a step.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open Scripting

let defaults: Reproduce.Defaults =
    {
        Title = "Makes the paper's tables and figures of VGG16 and ResNet-50."
        Network = "resnet50-small"
        Dataset = "fashion32"
        Preset = "paper"
        Methods = [| "baseline"; "lottery"; "small-dense"; "prune"; "scratch"; "set"; "rigl" |]
        Initializers = "dense"
        HigherSparsity = 0.9
        Curves = Matrix.imageNetCurves
        Seeds = 2
        Parts = [| "table1"; "fig2"; "fig3"; "fig5" |]
        Out = "results/reproduce-large"
    }

Reproduce.run defaults fsi.CommandLineArgs
#endif
