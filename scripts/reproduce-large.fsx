// VGG16 and ResNet-50: the right side of the paper's Table 1 and its Figures 2, 3 and 5 d-f, for what is run, beside the paper's values.
// Inputs: the data (dataset=fashion32, mnist32, or imagenet with data=FOLDER). Outputs: run folders under runs=, and in out= tables, figures and report.html.
// fashion32 is not ImageNet: it shows that everything works, and which findings can be seen at that size. Time: steps x runs x seconds a step.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open Scripting

Commands.reproduceLarge fsi.CommandLineArgs
#endif
