using System.Text.Json;
using Microsoft.FSharp.Collections;
using SparseCore;

namespace Pages.Tests;

/// <summary>Conditions in the page accept the runs that they accept in compare.fsx, and are refused in the same words.</summary>
[Collection(BrowseCollection.Name)]
public sealed class BrowseWhereTests(BrowseServer server)
{
    [BrowserFact]
    public async Task The_page_s_conditions_are_those_of_the_library()
    {
        var run = server.Prune.Plan.FolderName;
        string[] conditions =
        [
            "", "   ", " ; ;", "method=set", "method=SET", "Method=set", "method=set,rigl", "method=set rigl", "method=set;seed=1", "method=set  ;  seed=1001", "method=\u017Fet", "method=set\t",
            "method=", "method=a,,b", "method", "=1", "method==set", "a=b=c", "seed=1", "seed=1001", "seed=1001.0", "seed=1e3", "seed=1001e0", "seed=1..3", "seed=1..", "seed=..", "seed=3..1", "seed=a..b",
            "seed=1..2..3", "seed=0x3E9", "seed=+1001", "seed=-1..2000", "seed=1,2", "sparsity=0.7", "sparsity=0.70", "sparsity=.7", "sparsity=0.699..0.701", "sparsity=1", "sparsity=0.", "sparsity=0", "sparsity=0..Infinity",
            "sparsity=0..1e400", "sparsity=0..NaN", "sparsity=NaN", "test_accuracy=0.9", "test_accuracy=0.95", "test_accuracy=0..1", "test_accuracy=9e-1..1", "best_test_accuracy=0.9..1 method=set,snip",
            "test_loss=0.1..0.2", "status=finished", "status=Finished", "status=step", "run=nothing", $"run={run}", $"run={run.ToUpperInvariant()}", "initializer=dense", "initialiser=dense", "initializer=neuron-scaled",
            "momentum=0.9", "optimizer.momentum=0.9", "ptimizer.momentum=0.9", "momentum=0.8999999761581421", "kind=random", "mask.kind=random", "mask.kind=from-run", "weights.kind=initialized", "batch_size=16", "batch_size=16.4", "name=made",
            "data.name=made", "data=made", "interval=20", "logging.interval=20", "extra_saves=[]", "widths=[12", "network.widths=[12,8]", "network=lenet300", "steps=200", "step=140", "step=100..150", "seconds=60..63.5",
            "active_weights=1..100000", "weights=1..1000", "nothing=1", "method=set nothing=1", "method=<b>x</b>", "<b>=1", "\u202Enothing=1", "\u0001=1", $"{new string('f', 300)}=1", $"method={new string('v', 300)}", "__proto__=1",
            "constructor=1", "toString=1", "method=\u00E9", "method=\uD83D\uDE00", "\uD83D\uDE00=\uD83D\uDE00", "seed=\u0661", "seed=1\u00A0", "method=set, rigl",
        ];
        await using var page = await server.OpenAsync();
        var found = await page.Page.EvaluateAsync<JsonElement>(
            """
            conditions => conditions.map(text => {
              try {
                const runs = [...app.runs.values()], parsed = parseWhere(text);
                requireFields(runs, parsed.map(one => one.field));
                return { names: runs.filter(run => matches(run, parsed)).map(run => run.name), error: null };
              } catch (error) {
                return { names: [], error: error.message };
              }
            })
            """,
            conditions);
        var answers = found.EnumerateArray().Select(one => (Names: Names(one), Error: one.GetProperty("error").GetString())).ToArray();
        var expected = conditions.AsParallel().AsOrdered().Select(Expected).ToArray();
        for (var index = 0; index < conditions.Length; index++)
        {
            Assert.True(expected[index].Error == answers[index].Error, $"'{conditions[index]}': expected {expected[index].Error}\nfound {answers[index].Error}");
            Assert.True(expected[index].Names.SequenceEqual(answers[index].Names), $"'{conditions[index]}': expected {string.Join(' ', expected[index].Names)}\nfound {string.Join(' ', answers[index].Names)}");
        }

        Assert.True(expected.Count(one => one.Names.Length > 0) > 30);
        Assert.True(expected.Count(one => one.Error is not null) > 15);
        Assert.Empty(page.Complaints);

        static string[] Names(JsonElement one) => [.. one.GetProperty("names").EnumerateArray().Select(name => name.GetString()!).Order(StringComparer.Ordinal)];
    }

    private (string[] Names, string? Error) Expected(string condition)
    {
        try
        {
            return ([.. ListModule.ToSeq(SparseCore.Analysis.Selection.accepted(server.Runs, SparseCore.Analysis.Selection.parse(condition))).Order(StringComparer.Ordinal)], null);
        }
        catch (ArgumentException mistake)
        {
            return ([], ErrorText.Of(mistake));
        }
    }
}
