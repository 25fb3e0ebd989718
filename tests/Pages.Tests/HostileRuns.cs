using System.Diagnostics;
using System.Text;
using SparseCore.Plans;
using SparseCore.RunFolders;

namespace Pages.Tests;

/// <summary>Folders from someone who means harm: text that is markup elsewhere, damaged and endless files, ways out of the folder of runs.</summary>
internal static class HostileRuns
{
    /// <summary>Stands in a file beside the folder of runs. Nobody who reads runs may show it.</summary>
    public const string Secret = "a-secret-that-nobody-shows";

    /// <summary>Text that does something wherever it is taken for more than text.</summary>
    private static readonly string[] Texts =
    [
        "<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "</script><script>alert(1)</script>", "\"><svg onload=alert(1)>", "' onmouseover='alert(1)", "<iframe src=javascript:alert(1)>",
        "javascript:alert(1)", "</title><style>*{display:none}</style>", "<!--", "{{constructor.constructor('alert(1)')()}}", "%s%n${alert(1)}", "&lt;b&gt;", "\u001B[2J\u001B]0;x\u0007", "\0\u0001\b",
        "\u202Eevil\u2066", "\u2028\u2029", "a\r\nset-cookie: x=1\r\n\r\n<b>", "\uFEFF\uFFFE", "e\u0301\u0301\u0301", "__proto__", "constructor",
    ];

    /// <summary>Names that a folder can have, and a run cannot.</summary>
    private static readonly string[] Names =
    [
        "<img src=x onerror=alert(1)>", "<script>alert(1)<", "\"><svg onload=alert(1)>", "javascript:alert(1)", "a b&c=d#e?f", "%2e%2e%2fsecret", "..%2f..", "...", "-rf", "a\nb", "a\u001B[2Jb", "\u202Eevil",
        "__proto__", "constructor", "toString", "C:\\secret", "..\\secret", "'", "`x`", new string('n', 250),
    ];

    /// <summary>Writes them all into a folder.</summary>
    /// <param name="folder">An empty folder; runs go into "runs" in it.</param>
    /// <returns>The folder of runs.</returns>
    public static string Write(string folder)
    {
        var secret = Path.Combine(folder, "secret");
        Directory.CreateDirectory(secret);
        File.WriteAllText(Path.Combine(secret, "plan.json"), $$"""{"name": "{{Secret}}"}""");
        File.WriteAllText(Path.Combine(secret, "metrics.csv"), $"metric,step,value\n{Secret},0,1\n");
        var root = Directory.CreateDirectory(Path.Combine(folder, "runs")).FullName;
        foreach (var name in Names)
        {
            File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(root, name)).FullName, "plan.json"), "{}");
        }

        Texts.Select((text, index) => (text, index)).ToList().ForEach(one => WriteText(root, one.text, one.index));
        WritePlans(root);
        WriteDamaged(root);
        WriteLinks(root, secret);
        WritePipes(root);
        Run("sh", "-c", "name=\"$1/$(printf 'not-utf8-\\377')\" && mkdir \"$name\" && echo '{}' > \"$name/plan.json\"", "sh", root);
        return root;
    }

    /// <summary>Takes away what .NET cannot delete: names that are not UTF-8.</summary>
    public static void Clean(string root) => Run("sh", "-c", "rm -rf \"$1\"/not-utf8-*", "sh", root);

    /// <summary>A valid run whose texts say something else, in all places that take any text.</summary>
    private static void WriteText(string root, string text, int index)
    {
        var plan = MadeRuns.Plan("set", 100 + index).Plan with { Method = text, Data = new DataPlan(text, new string('e', 64)) };
        MadeRuns.Write(root, plan, 100, index % 2 == 0 ? RunStatus.Failed : RunStatus.Running, index % 2 == 0 ? text : null);
        if (index % 2 == 1)
        {
            MadeRuns.Hold(root, plan, text, -1, text);
        }
    }

    /// <summary>Plans with the hash that the folder's name says, and nothing else as it should be.</summary>
    private static void WritePlans(string root)
    {
        string[] plans =
        [
            "null", "[]", "\"text\"", "1e400", "{}", """{"__proto__": {"polluted": "yes"}, "constructor": {"prototype": {"polluted": "yes"}}}""",
            """{"name": "x", "name": "y"}""", """{"name": 5, "steps": "<b>", "optimizer": [[[]]]}""", """{"<img src=x onerror=alert(1)>": {"<script>": "</script>"}}""",
            $$"""{"name": "{{new string('x', 900_000)}}"}""", $$"""{{{string.Join(",", Enumerable.Range(0, 20_000).Select(index => $"\"k{index}\": {index}"))}}}""",
            new string('[', 60) + new string(']', 60), new string('[', 100_000), "{\"order_seed\": 99999999999999999999999999999999}",
        ];
        foreach (var plan in plans)
        {
            var folder = Directory.CreateDirectory(Path.Combine(root, RunFolder.NameOf("plan", plan))).FullName;
            File.WriteAllText(Path.Combine(folder, "plan.json"), plan, new UTF8Encoding(false));
        }
    }

    /// <summary>Valid runs, each with one file damaged.</summary>
    private static void WriteDamaged(string root)
    {
        (string File, string Text)[] files =
        [
            ("run.json", ""), ("run.json", "{"), ("run.json", "[1, 2"), ("run.json", "{\"status\": 7, \"seconds\": \"<b>\"}"), ("run.json", new string(' ', 2_000_000)), ("run.json", "{\"status\": \"<script>\"}"),
            ("metrics.csv", ""), ("metrics.csv", "metric,step,value\ntest_accuracy,0,0."), ("metrics.csv", "metric,step,value\n<img src=x onerror=alert(1)>,0,1\n"),
            ("metrics.csv", "metric,step,value\ntest_accuracy,0,NaN\ntest_accuracy,20,Infinity\ntest_loss,0,1.7976931348623157E+308\ntest_loss,20,-1.7976931348623157E+308\n"),
            ("metrics.csv", "metric,step,value\ntest_accuracy,2147483647,0.5\ntest_accuracy,0,0.5\ntest_accuracy,0,0.6\n__proto__,0,1\nconstructor,0,1\n"),
            ("metrics.csv", "metric,step,value\ntest_accuracy,99999999999,0.5\n"), ("metrics.csv", "metric,step,value\n" + new string('x', 3_000_000)),
            ("holder.json", ""), ("holder.json", "{\"worker\": null}"), ("holder.json", "[]"), ("holder.json", new string('x', 100_000)),
            ("checkpoints/000100.safetensors", ""), ("checkpoints/000100.safetensors", "\u0008\0\0\0\0\0\0\0{}"), ("checkpoints/000100.safetensors", new string('\u00FF', 10_000)),
        ];
        for (var index = 0; index < files.Length; index++)
        {
            var run = Valid(root, 200 + index);
            File.WriteAllText(Path.Combine(run, files[index].File), files[index].Text, new UTF8Encoding(false));
        }

        using var endless = File.OpenWrite(Path.Combine(Valid(root, 250), "metrics.csv"));
        endless.SetLength(1L << 33); // a hole: 8 GiB that take no room
    }

    private static void WriteLinks(string root, string secret)
    {
        foreach (var (name, index) in ((string[])["plan.json", "run.json", "metrics.csv", "holder.json", "checkpoints"]).Select((name, index) => (name, index)))
        {
            var path = Path.Combine(Valid(root, 300 + index), name);
            if (name == "checkpoints")
            {
                Directory.Delete(path, recursive: true);
                Directory.CreateSymbolicLink(path, secret);
            }
            else
            {
                File.Delete(path);
                File.CreateSymbolicLink(path, Path.Combine(secret, name == "metrics.csv" ? name : "plan.json"));
            }
        }

        Directory.CreateSymbolicLink(Path.Combine(root, "up"), "..");
        Directory.CreateSymbolicLink(Path.Combine(root, "loop"), "loop");
        Directory.CreateSymbolicLink(Path.Combine(root, "gone"), Path.Combine(secret, "gone"));
    }

    private static void WritePipes(string root)
    {
        foreach (var (name, index) in ((string[])["plan.json", "run.json", "metrics.csv", "holder.json", "checkpoints/000100.safetensors"]).Select((name, index) => (name, index)))
        {
            var path = Path.Combine(Valid(root, 400 + index), name);
            File.Delete(path);
            Run("mkfifo", path);
        }

        Run("mkfifo", Path.Combine(root, "pipe"));
    }

    private static string Valid(string root, int seed)
    {
        var plan = MadeRuns.Plan("set", seed).Plan;
        MadeRuns.Write(root, plan, 100, RunStatus.Running);
        return Path.Combine(root, plan.FolderName);
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments))!;
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
