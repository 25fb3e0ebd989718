/// The setting where=, which chooses runs by what their folders and plans say.
module Scripting.Conditions

open System
open SparseCore
open SparseCore.Analysis

/// Declares where=.
let settings (description: string) (given: Settings.Given) : Selection.Condition list =
    let text = Settings.custom "conditions" Some id "where" "" description given

    try
        Selection.parse text
    with :? ArgumentException as error ->
        given.Mistakes.Add(ErrorText.Of error)
        []
