/// The commands of the tool, in the order of its help.
module SparseCore.Tool.Commands

open Scripting

/// A command: the script of its name, without the repository.
type Command =
    {
        Name: string
        /// What it does, in a line.
        About: string
        /// Takes the command's name and what was typed after it; a mistake ends the process.
        Run: string array -> unit
    }

let private command name about run = { Name = name; About = about; Run = run }

/// All commands.
let all: Command list =
    [
        command "train" "trains one network by any method, and the runs it derives from" Commands.train
        command "verify" "checks run folders: hashes, counts, zeros, lineage, metrics; replay=true trains them again" Commands.verify
        command "compare" "compares all networks of a folder, in pairs and groups" Commands.compare
        command "landscape" "draws the loss on a plane of parameters" Commands.landscape
        command "hessian" "computes spectra of Hessians" Commands.hessian
        command "browse" "shows the runs of a folder in a browser, live" Commands.browse
        command "diff" "prints how the plans of two runs differ; exit code 1 when they do" Commands.diff
        command "export" "writes a checkpoint as safetensors with PyTorch's names" Commands.export
        command "import" "makes a run of a network that was saved by PyTorch" Commands.import
        command "analyze-lt" "why lottery tickets win: Table 3 and Figure 5 of the paper" Commands.analyzeLottery
        command "reproduce-mnist" "all MNIST tables and figures of the paper" Commands.reproduceMnist
        command "reproduce-large" "tables and figures of VGG16 and ResNet-50" Commands.reproduceLarge
        command "figures" "draws all figures again from the tables of a folder" Commands.figures
        command "info" "prints what is found on this machine" Commands.info
    ]
