using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using SparseCore.Randomness;

namespace Pages.Tests;

/// <summary>The browsing command against those who mean harm, and against mistakes.</summary>
[Collection(BrowseCollection.Name)]
public sealed class BrowseSafetyTests(BrowseServer server)
{
    /// <summary>Names that lead elsewhere where they are taken for paths, as they stand in an address.</summary>
    private static readonly string[] Ways =
    [
        "..", "../secret", "%2e%2e", "%2e%2e%2fsecret", "..%2fsecret", "..%5csecret", "%2fetc%2fpasswd", "/etc/passwd", ".", "%2e", "", "%00", "a%00b", "%c0%ae%c0%ae%c0%af", "%252e%252e%252f", "....//", "runs/../..",
        "%0d%0aset-cookie:x=1", "~", "C:%5c", "con",
    ];

    [Theory]
    [InlineData("api/run?name=")]
    [InlineData("api/masks?step=0&name=")]
    [InlineData("api/pair?first=x&second=")]
    public async Task No_name_leads_out_of_the_folder_of_runs(string path)
    {
        foreach (var way in Ways)
        {
            var answer = await RawAsync($"GET /{path}{way} HTTP/1.1");
            Assert.True(answer.Code is 404 or 400, $"{way}: {answer.Text}");
            Assert.DoesNotContain("root:", answer.Text, StringComparison.Ordinal);
            AssertSentence(answer.Text[answer.Text.IndexOf("\r\n\r\n", StringComparison.Ordinal)..], way);
        }
    }

    [Theory]
    [InlineData("/../../../../etc/passwd")]
    [InlineData("/%2e%2e/%2e%2e/%2e%2e/etc/passwd")]
    [InlineData("/..%2f..%2f..%2fetc%2fpasswd")]
    [InlineData("/..%5c..%5cetc%5cpasswd")]
    [InlineData("/plan.json")]
    [InlineData("//etc/passwd")]
    [InlineData("/api/../../etc/passwd")]
    [InlineData("/types.d.ts")]
    [InlineData("/browse.css/../secret")]
    public async Task Only_the_files_of_the_page_are_served(string path)
    {
        var answer = await RawAsync($"GET {path} HTTP/1.1");
        Assert.True(answer.Code is 404 or 400, answer.Text);
        Assert.DoesNotContain("root:", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:80")]
    [InlineData("127.0.0.1.evil.example")]
    [InlineData("localhost.evil.example")]
    [InlineData("169.254.169.254")]
    [InlineData("")]
    public async Task Only_the_host_that_is_listened_on_is_answered(string host)
    {
        var answer = await RawAsync("GET /api/runs HTTP/1.1", host);
        Assert.True(answer.Code is 421 or 403 or 400, answer.Text);
        Assert.DoesNotContain(server.Prune.Plan.FolderName, answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://evil.example")]
    [InlineData("null")]
    [InlineData("http://127.0.0.1:1")]
    [InlineData("https://127.0.0.1")]
    public async Task Pages_of_other_origins_are_refused_and_told_nothing(string origin)
    {
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post })
        {
            using var request = new HttpRequestMessage(method, server.Address + (method == HttpMethod.Get ? "api/runs" : "api/curves"));
            request.Headers.Add("Origin", origin);
            request.Content = method == HttpMethod.Get ? null : new StringContent("""{"metric": "test_accuracy", "runs": []}""", Encoding.UTF8, "application/json");
            using var answer = await server.Client.SendAsync(request);
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            AssertNoCors(answer);
            AssertSentence(await answer.Content.ReadAsStringAsync(), origin);
        }
    }

    [Fact]
    public async Task The_page_s_own_origin_is_answered()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, server.Address + "api/runs");
        request.Headers.Add("Origin", server.Address.TrimEnd('/'));
        using var answer = await server.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("PATCH")]
    [InlineData("OPTIONS")]
    [InlineData("PROPFIND")]
    public async Task Other_methods_are_refused(string method)
    {
        foreach (var path in new[] { "", "api/runs", "api/curves", $"api/run?name={server.Prune.Plan.FolderName}" })
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), server.Address + path);
            using var answer = await server.Client.SendAsync(request);
            Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
            AssertNoCors(answer);
        }

        Assert.Contains(server.Prune.Plan.FolderName, (await server.ListAsync()).Keys);
    }

    [Theory]
    [InlineData("")]
    [InlineData("browse.css")]
    [InlineData("app.js")]
    [InlineData("plotly.js")]
    [InlineData("api/runs")]
    [InlineData("api/nothing")]
    [InlineData("nothing")]
    public async Task Every_answer_says_what_a_browser_may_do_with_it(string path)
    {
        using var answer = await server.Client.GetAsync(server.Address + path);
        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("script-src 'self'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe-eval", policy, StringComparison.Ordinal);
        Assert.DoesNotMatch("script-src[^;]*unsafe-inline", policy);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        AssertNoCors(answer);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
        Assert.NotNull(answer.Content.Headers.ContentType);
    }

    [Theory]
    [InlineData("api/curves", "")]
    [InlineData("api/curves", "{")]
    [InlineData("api/curves", "null")]
    [InlineData("api/curves", "[]")]
    [InlineData("api/curves", "{}")]
    [InlineData("api/curves", """{"metric": 5, "runs": "x"}""")]
    [InlineData("api/curves", """{"metric": "test_accuracy"}""")]
    [InlineData("api/curves", """{"metric": "test_accuracy", "runs": [null]}""")]
    [InlineData("api/curves", """{"metric": "test_accuracy", "runs": [{}]}""")]
    [InlineData("api/verify", "{}")]
    [InlineData("api/verify", """{"name": 5}""")]
    [InlineData("api/figure", "{}")]
    [InlineData("api/figure", """{"form": "exe", "metric": "test_accuracy", "groups": [], "logX": false, "logY": false, "smoothing": 0}""")]
    [InlineData("api/figure", """{"form": "svg", "metric": "test_accuracy", "groups": [{"name": "a", "runs": []}], "logX": false, "logY": false, "smoothing": 7}""")]
    public async Task A_request_that_cannot_be_understood_gets_a_sentence(string path, string body)
    {
        using var answer = await server.Client.PostAsync(server.Address + path, new StringContent(body, Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        AssertSentence(await answer.Content.ReadAsStringAsync(), body);
    }

    [Fact]
    public async Task A_form_of_another_page_is_not_taken_for_a_request()
    {
        using var content = new StringContent("""{"metric": "test_accuracy", "runs": []}""", Encoding.UTF8, "text/plain");
        using var answer = await server.Client.PostAsync(server.Address + "api/curves", content);
        Assert.True(answer.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.UnsupportedMediaType, $"{answer.StatusCode}");
    }

    [Theory]
    [InlineData("api/run?name=no-such-run-01234567", 404)]
    [InlineData("api/masks?name=no-such-run-01234567&step=0", 404)]
    [InlineData("api/pair?first=no-such-run-01234567&second=no-such-run-01234567", 404)]
    [InlineData("api/run", 400)]
    [InlineData("api/masks?name=x&step=y", 400)]
    [InlineData("api/events?version=x", 400)]
    [InlineData("api/nothing", 404)]
    public async Task What_is_not_there_is_said_in_a_sentence(string path, int code)
    {
        using var answer = await server.Client.GetAsync(server.Address + path);
        Assert.True((int)answer.StatusCode == code || (code == 400 && answer.StatusCode == HttpStatusCode.NotFound), $"{answer.StatusCode}");
        AssertSentence(await answer.Content.ReadAsStringAsync(), path);
    }

    [Fact]
    public async Task A_huge_body_is_refused_before_it_is_read()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Address + "api/curves") { Content = new ByteArrayContent(new byte[64 << 20]) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.ExpectContinue = true;
        try
        {
            using var answer = await server.Client.SendAsync(request);
            Assert.True(answer.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge, $"{answer.StatusCode}");
            AssertSentence(await answer.Content.ReadAsStringAsync(), "64 MiB");
        }
        catch (HttpRequestException)
        {
            // It may also hang up.
        }

        Assert.NotEmpty(await server.ListAsync());
    }

    [Fact]
    public async Task Deep_and_long_requests_are_refused()
    {
        foreach (var body in new[] { new string('[', 100_000), "{\"metric\": \"" + new string('x', 100_000) + "\", \"runs\": []}", $"{{\"metric\": \"a\", \"runs\": [{string.Join(',', Enumerable.Repeat("\"x\"", 100_000))}]}}" })
        {
            using var answer = await server.Client.PostAsync(server.Address + "api/curves", new StringContent(body, Encoding.UTF8, "application/json"));
            Assert.True((int)answer.StatusCode is 200 or 400 or 413, $"{answer.StatusCode}");
        }

        var (code, _) = await RawAsync($"GET /{new string('a', 100_000)} HTTP/1.1");
        Assert.True(code is 414 or 431 or 400 or 404 or 0, $"{code}");
        Assert.NotEmpty(await server.ListAsync());
    }

    [Fact]
    public async Task Three_hundred_random_requests_leave_it_answering()
    {
        var random = new RandomStream(1, "requests");
        var requests = Enumerable.Range(0, 300).Select(_ => HostileRequest(random)).ToArray();
        await Parallel.ForEachAsync(requests, new ParallelOptions { MaxDegreeOfParallelism = 20 }, async (request, _) =>
        {
            var answer = await server.SendAsync(request, 0.5);
            Assert.DoesNotContain("   at ", answer, StringComparison.Ordinal); // a stack trace
        });
        Assert.NotEmpty(await server.ListAsync());
    }

    [Fact]
    public async Task Other_addresses_than_this_machine_s_own_ask_for_the_token_and_a_signal_ends_it()
    {
        await using var command = await BrowseCommand.StartAsync($"runs={server.Runs}", "host=0.0.0.0");
        var token = command.Address.Query;
        Assert.Matches(@"^\?token=[A-Za-z0-9_-]{20,}$", token);
        var address = $"http://127.0.0.1:{command.Address.Port}/";
        foreach (var path in new[] { "", "api/runs", "app.js", "?token=", "?token=x", "api/runs?token=" + new string('x', token.Length - 7) })
        {
            using var refused = await server.Client.GetAsync(address + path);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
            Assert.DoesNotContain(server.Prune.Plan.FolderName, await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        using var answer = await server.Client.GetAsync(address + "api/runs" + token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var (code, output, errors) = await command.StopAsync(BrowseCommand.Terminate);
        Assert.Equal(143, code);
        Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mistakes_on_the_command_line_are_sentences()
    {
        using var folder = new ScratchFolder();
        var empty = folder.Sub("empty");
        var beside = folder.Sub("beside");
        Parallel.For(0, 10_000, index => File.WriteAllText(Path.Combine(beside, $"file{index}.txt"), "no run"));
        MadeRuns.Write(beside, server.Sets[0]);
        var port = new Uri(server.Address).Port;
        (string[] Settings, int Code, string Sentence)[] cases =
        [
            ([$"runs={server.Runs}", $"port={port}"], 1, $"Port {port} is in use"),
            ([$"runs={folder.Path}/nothing", "port=0"], 1, "There is no folder"),
            ([Path.Combine($"runs={server.Runs}", server.Sets[0].FolderName), "port=0"], 1, "is one run"),
            ([$"runs={empty}", $"out={folder.Path}/runs.html"], 0, "no run yet"),
            ([$"runs={beside}", $"out={folder.Path}/beside.html"], 0, "1 run in"),
            ([$"runs={server.Runs}", "port=99999", "where=method", "nothing=1"], 2, "port: expected"),
            ([$"runs={server.Runs}", "port=0", "host=not an address"], 1, "host: expected"),
            ([$"runs={server.Runs}", "port=0", "where=nothing=1"], 1, "No run has a field 'nothing'"),
        ];
        foreach (var (settings, expected, sentence) in cases)
        {
            var (code, output, errors) = await BrowseCommand.RunAsync(["open=false", .. settings]);
            Assert.True(code == expected, $"{string.Join(' ', settings)}: {code} {output} {errors}");
            Assert.Contains(sentence, errors, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        }
    }

    private static byte[] HostileRequest(RandomStream random)
    {
        string[] lines = ["GET", "POST", "HEAD", "GET /api/run?name=", "GET /api/masks?step=-1&name=", "POST /api/curves", "POST /api/figure", "POST /api/verify", "GET /api/events?version=", "\0", "PRI * HTTP/2.0"];
        string[] parts =
        [
            " ", "/", "..", "%2e%2e", "%00", "%", "?", "&", "=", "a", "HTTP/1.1", "HTTP/9.9", "\r\n", "\r\n\r\n", "\n", "Host: 127.0.0.1", $"Host: x{new string('y', 300)}", "Content-Length: 99999999999", "Content-Length: -1", "Content-Length: 5",
            "Transfer-Encoding: chunked", "Transfer-Encoding: x", "Expect: 100-continue", "Upgrade: websocket", "Connection: Upgrade", "ffffffff\r\n", "0\r\n\r\n", "{", "}", "[[[[[", "\"\\ud800\"", "1e999", "\u00FF\u00FE", "Origin: null", "Range: bytes=0-,0-,0-",
            "Cookie: " + new string('c', 9000), "Accept-Encoding: gzip;q=9", "If-None-Match: *",
        ];
        var text = new StringBuilder(lines[random.NextInt32(lines.Length)]);
        for (var part = random.NextInt32(25); part >= 0; part--)
        {
            text.Append(parts[random.NextInt32(parts.Length)]);
            text.Append(random.NextInt32(3) == 0 ? "\r\n" : "");
        }

        return Encoding.Latin1.GetBytes(text.Append("\r\n\r\n").ToString());
    }

    /// <summary>The status code (0 where none came) and all of the answer to a request line that is sent as it stands.</summary>
    private async Task<(int Code, string Text)> RawAsync(string line, string? host = null)
    {
        var request = $"{line}\r\nHost: {host ?? new Uri(server.Address).Authority}\r\nConnection: close\r\n\r\n";
        var text = await server.SendAsync(Encoding.Latin1.GetBytes(request));
        return (text.Length > 12 && int.TryParse(text.AsSpan(9, 3), out var code) ? code : 0, text);
    }

    private static void AssertNoCors(HttpResponseMessage answer) =>
        Assert.DoesNotContain(answer.Headers, header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));

    /// <summary>An error of the interface: JSON with one sentence, and nothing of the program's inside.</summary>
    private static void AssertSentence(string body, string request)
    {
        var start = body.IndexOf('{');
        if (start < 0)
        {
            Assert.Equal("", body.Trim()); // what the web server itself refuses has no body
            return;
        }

        using var document = JsonDocument.Parse(body[start..(body.LastIndexOf('}') + 1)]);
        var sentence = document.RootElement.GetProperty("error").GetString()!;
        Assert.True(sentence.Length > 10 && sentence.EndsWith('.'), $"{request}: {sentence}");
        Assert.DoesNotContain("Exception", sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", sentence, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', sentence);
    }
}
