/// The plans of two runs, compared setting by setting as they stand in their files, whether or not this program knows all that they name.
module SparseCore.Analysis.PlanDifferences

open System.Text.Json

let private oneLine = JsonSerializerOptions(TypeInfoResolver = Serialization.Metadata.DefaultJsonTypeInfoResolver())

/// The settings of a plan as (path, text): "optimizer.momentum", "0.9".
let rec private settings (path: string) (element: JsonElement) : (string * string) list =
    let below (name: string) = if path = "" then name else $"{path}.{name}"

    match element.ValueKind with
    | JsonValueKind.Object ->
        [
            for property in element.EnumerateObject() do
                yield! settings (below property.Name) property.Value
        ]
    | _ -> [ path, JsonSerializer.Serialize(element, oneLine) ] // one line, whatever blanks the file has

/// All settings of a run's plan as (path, text), as they stand in its file.
let settingsOf (run: Run) : (string * string) list =
    use plan = JsonDocument.Parse run.Folder.PlanJson
    settings "" plan.RootElement

/// Settings that are not the same in two runs' plans: path, value in the first, value in the second; "-" where a plan has no such setting.
let between (first: Run) (second: Run) : (string * string * string) list =
    let left, right = settingsOf first, settingsOf second
    let lookUp path plan = plan |> List.tryFind (fun (name, _) -> name = path) |> Option.map snd |> Option.defaultValue "-"

    List.map fst left @ List.map fst right
    |> List.distinct
    |> List.map (fun path -> path, lookUp path left, lookUp path right)
    |> List.filter (fun (_, one, other) -> one <> other)
