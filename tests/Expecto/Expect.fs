/// What these tests use beside Expecto's own.
namespace Testing

open Expecto
open SparseCore

[<AutoOpen>]
module Tests =
    /// A list of one test for each datum, named by it.
    let testEach (name: string) (data: 'datum seq) (test: 'datum -> unit) : Test =
        testList name [ for datum in data -> testCase (ForeignText.OneLine(string datum)) (fun () -> test datum) ]

    /// A test that needs something of the machine; without it the test is reported as skipped, which .ci/run counts as a failure.
    let testNeeding (isThere: bool) (missing: string) (name: string) (test: unit -> unit) : Test =
        if isThere then testCase name test else ptestCase $"{name} ({missing})" test

    /// Numbers are close that agree to this many decimals.
    let decimals (count: int) : Accuracy = { absolute = 0.5 * 10.0 ** float -count; relative = 0.0 }

module Expect =
    /// The error that an action throws, which must be of exactly this type.
    let thrown<'error when 'error :> exn> (action: unit -> unit) : 'error =
        let error =
            try
                action ()
                None
            with error ->
                Some error

        match error with
        | Some(:? 'error as error) when error.GetType() = typeof<'error> -> error
        | Some other -> failtest $"Expected an error of type {typeof<'error>.Name}, found {other}"
        | None -> failtest $"Expected an error of type {typeof<'error>.Name}, found none"

    /// The item of a sequence that has one.
    let single (items: 'item seq) (message: string) : 'item =
        match List.ofSeq items with
        | [ item ] -> item
        | others -> failtest $"{message}. Expected one, found %A{others}"

    /// A number lies between two others, or is one of them.
    let inRange (actual: 'number) (lowest: 'number, highest: 'number) (message: string) =
        if not (actual >= lowest && actual <= highest) then
            failtest $"{message}. Expected a number from {lowest} to {highest}, found {actual}"

    /// A text does not hold another.
    let stringLacks (actual: string) (part: string) (message: string) =
        if actual.Contains part then
            failtest $"{message}. Expected a text without '{part}', found '{actual}'"
