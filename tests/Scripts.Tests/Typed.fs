/// Settings as a script would read them.
module Scripts.Tests.Typed

open Scripting

/// What a script's declaration answers to arguments, which it has to accept.
let settings (declare: Settings.Given -> 'settings) (arguments: string list) : 'settings =
    match Settings.parse "title" declare (Array.ofList ("script.fsx" :: arguments)) with
    | Ok settings -> settings
    | Error stop -> failwith $"{stop}"
