using System.Net;
using System.Text;
using System.Text.Json;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.Api.OpenAI;

/// <summary>Every row: what a client may send, and the error it gets in OpenAI's shape.</summary>
public sealed class ChatCompletionsBadInputTests(BadInputTests.App app) : IClassFixture<BadInputTests.App>
{
    private const string Url = "/v1/chat/completions";
    private const string Ok = """{"model":"m","messages":[{"role":"user","content":"hi"}]}""";
    private const string Call = """{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}""";

    /// <summary>A body, the status, the code, and the parameter that is named.</summary>
    public static TheoryData<string, HttpStatusCode, string, string?> Bodies => new()
    {
        { "", HttpStatusCode.BadRequest, "invalid_json", null },
        { "{", HttpStatusCode.BadRequest, "invalid_json", null },
        { """{"model":"a","model":"b"}""", HttpStatusCode.BadRequest, "duplicate_property", null },
        { """{"model":"m","messages":[{"role":"user","content":[{"type":"text","type":"text"}]}]}""", HttpStatusCode.BadRequest, "duplicate_property", null },
        { "null", HttpStatusCode.BadRequest, "invalid_value", null },
        { "[]", HttpStatusCode.BadRequest, "invalid_value", null },
        { """{"messages":[{"role":"user","content":"hi"}]}""", HttpStatusCode.BadRequest, "missing_required_parameter", "model" },
        { """{"model":"","messages":[{"role":"user","content":"hi"}]}""", HttpStatusCode.BadRequest, "missing_required_parameter", "model" },
        { """{"model":7,"messages":[{"role":"user","content":"hi"}]}""", HttpStatusCode.BadRequest, "invalid_value", "model" },
        { """{"model":"unknown","messages":[{"role":"user","content":"hi"}]}""", HttpStatusCode.NotFound, "model_not_found", "model" },
        { """{"model":"down","messages":[{"role":"user","content":"hi"}]}""", HttpStatusCode.Conflict, "provider_unavailable", null },
        { $$"""{"model":"m","messages":[{"role":"user","content":"{{new string('x', 1_100_000)}}"}]}""", HttpStatusCode.RequestEntityTooLarge, "body_too_large", null },
    };

    /// <summary>The messages, and the parameter that is named.</summary>
    public static TheoryData<string, string> Messages => new()
    {
        { "null", "messages" },
        { "[]", "messages" },
        { "{}", "messages" },
        { "\"hi\"", "messages" },
        { $"[{string.Join(',', Enumerable.Repeat("""{"role":"user","content":"hi"}""", 10_000))}]", "messages" },
        { "[null]", "messages[0].role" },
        { "[7]", "messages[0]" },
        { """[{"content":"hi"}]""", "messages[0].role" },
        { """[{"role":"robot","content":"hi"}]""", "messages[0].role" },
        { """[{"role":"User","content":"hi"}]""", "messages[0].role" },
        { """[{"role":7,"content":"hi"}]""", "messages[0].role" },
        { """[{"role":"user"}]""", "messages[0].content" },
        { """[{"role":"user","content":null}]""", "messages[0].content" },
        { """[{"role":"user","content":7}]""", "messages[0].content" },
        { """[{"role":"user","content":{"type":"text","text":"hi"}}]""", "messages[0].content" },
        { """[{"role":"user","content":[]}]""", "messages[0].content" },
        { """[{"role":"user","content":["hi"]}]""", "messages[0].content[0].type" },
        { """[{"role":"user","content":[{"type":"input_audio"}]}]""", "messages[0].content[0].type" },
        { """[{"role":"user","content":[{"type":"text"}]}]""", "messages[0].content[0].text" },
        { """[{"role":"user","content":[{"type":"text","text":7}]}]""", "messages[0].content[0].text" },
        { """[{"role":"system","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAEC"}}]}]""", "messages[0].content[0].type" },
        { """[{"role":"user","content":"hi"},{"role":"assistant"}]""", "messages[1].content" },
        { """[{"role":"assistant","tool_calls":[]}]""", "messages[0].content" },
        { """[{"role":"assistant","tool_calls":{}}]""", "messages[0].tool_calls" },
        { """[{"role":"assistant","tool_calls":[{"type":"function","function":{"name":"f","arguments":"{}"}}]}]""", "messages[0].tool_calls[0].id" },
        { """[{"role":"assistant","tool_calls":[{"id":"c","type":"custom"}]}]""", "messages[0].tool_calls[0].type" },
        { """[{"role":"assistant","tool_calls":[{"id":"c","type":"function"}]}]""", "messages[0].tool_calls[0].function.name" },
        { """[{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f"}}]}]""", "messages[0].tool_calls[0].function.arguments" },
        { """[{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":{}}}]}]""", "messages[0].tool_calls[0].function.arguments" },
        { $$"""[{{Call}},{"role":"tool","content":"x"}]""", "messages[1].tool_call_id" },
        { $$"""[{{Call}},{"role":"tool","tool_call_id":"c"}]""", "messages[1].content" },
    };

    /// <summary>A member that is wrong, the code, and the parameter that is named; null: the member itself.</summary>
    public static TheoryData<string, string, string?> Parameters => new()
    {
        { "\"stream\":\"true\"", "invalid_value", null },
        { "\"stream\":1", "invalid_value", null },
        { "\"stream_options\":true", "invalid_value", null },
        { "\"n\":2", "unsupported_parameter", null },
        { "\"n\":0", "invalid_value", null },
        { "\"n\":\"1\"", "invalid_value", null },
        { "\"logprobs\":true", "unsupported_parameter", null },
        { "\"logprobs\":1", "invalid_value", null },
        { "\"top_logprobs\":5", "unsupported_parameter", null },
        { "\"functions\":[]", "unsupported_parameter", null },
        { "\"temperature\":-0.1", "invalid_value", null },
        { "\"temperature\":2.1", "invalid_value", null },
        { "\"temperature\":1e309", "invalid_value", null },
        { "\"temperature\":\"1\"", "invalid_value", null },
        { "\"top_p\":1.5", "invalid_value", null },
        { "\"max_tokens\":0", "invalid_value", null },
        { "\"max_tokens\":1.5", "invalid_value", null },
        { "\"max_tokens\":9223372036854775808", "invalid_value", null },
        { "\"max_completion_tokens\":-1", "invalid_value", null },
        { "\"seed\":\"1\"", "invalid_value", null },
        { "\"frequency_penalty\":3", "invalid_value", null },
        { "\"presence_penalty\":-3", "invalid_value", null },
        { "\"reasoning_effort\":\"huge\"", "invalid_value", null },
        { "\"stop\":\"\"", "invalid_value", null },
        { "\"stop\":7", "invalid_type", null },
        { "\"stop\":[7]", "invalid_type", null },
        { "\"stop\":[\"a\",\"b\",\"c\",\"d\",\"e\"]", "invalid_value", null },
        { "\"response_format\":\"json\"", "invalid_value", null },
        { "\"response_format\":{}", "invalid_value", "response_format.type" },
        { "\"response_format\":{\"type\":\"xml\"}", "invalid_value", "response_format.type" },
        { "\"response_format\":{\"type\":\"json_schema\"}", "invalid_value", "response_format.json_schema.name" },
        { "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"s\",\"schema\":[]}}", "invalid_value", "response_format.json_schema.schema" },
        { "\"parallel_tool_calls\":\"no\"", "invalid_value", null },
        { "\"tools\":{}", "invalid_value", null },
        { $"\"tools\":[{string.Join(',', Enumerable.Range(0, 200).Select(i => Tool($"f{i}")))}]", "invalid_value", null },
        { $"\"tools\":[{Tool("f")},{Tool("f")}]", "invalid_value", "tools[1].function.name" },
        { $"\"tools\":[{Tool("f\\n")}]", "invalid_value", "tools[0].function.name" },
        { $"\"tools\":[{Tool("a b")}]", "invalid_value", "tools[0].function.name" },
        { $"\"tools\":[{Tool("")}]", "invalid_value", "tools[0].function.name" },
        { $"\"tools\":[{Tool(new string('f', 65))}]", "invalid_value", "tools[0].function.name" },
        { "\"tools\":[null]", "invalid_value", "tools[0].type" },
        { "\"tools\":[{\"type\":\"web_search\"}]", "invalid_value", "tools[0].type" },
        { "\"tools\":[{\"type\":\"function\"}]", "invalid_value", "tools[0].function.name" },
        { $"\"tools\":[{Tool("f", "[]")}]", "invalid_value", "tools[0].function.parameters" },
        { $"\"tools\":[{Tool("f", "\"object\"")}]", "invalid_value", "tools[0].function.parameters" },
        { $"\"tools\":[{Tool("f", "{\"type\":\"string\"}")}]", "invalid_value", "tools[0].function.parameters" },
        { $"\"tools\":[{Tool("f", "{\"properties\":[]}")}]", "invalid_value", "tools[0].function.parameters" },
        { "\"tool_choice\":\"required\"", "invalid_value", null },
        { "\"tool_choice\":7", "invalid_type", null },
        { $"\"tools\":[{Tool("f")}],\"tool_choice\":\"always\"", "invalid_value", "tool_choice" },
        { $"\"tools\":[{Tool("f")}],\"tool_choice\":{{\"type\":\"function\",\"function\":{{\"name\":\"g\"}}}}", "invalid_value", "tool_choice" },
    };

    public static TheoryData<string> Images => ["http://169.254.169.254/latest/meta-data", "https://example.org/a.png", "file:///etc/passwd", "//example.org/a.png", "", "data:,x",
        "data:image/png,x", "data:image/svg+xml;base64,AAEC", "data:text/html;base64,AAEC", "data:image/png;base64,", "data:image/png;base64,§§§", "javascript:alert(1)"];

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task BOai_Body_IsRefused(string body, HttpStatusCode status, string code, string? param) => await AssertError(await PostAsync(body), status, code, param);

    [Theory]
    [MemberData(nameof(Messages))]
    public async Task BOai_Messages_AreRefusedWithTheirParameter(string messages, string param) =>
        await AssertError(await PostAsync($$"""{"model":"m","messages":{{messages}}}"""), HttpStatusCode.BadRequest, code: null, param);

    [Theory]
    [MemberData(nameof(Parameters))]
    public async Task BOai_Parameter_IsRefused(string member, string code, string? param) =>
        await AssertError(await PostAsync($"{Ok[..^1]},{member}}}"), HttpStatusCode.BadRequest, code, param ?? member.Split('"')[1]);

    [Theory]
    [MemberData(nameof(Images))]
    public async Task BOai_ImageThatIsNotInTheRequest_IsRefused(string url) => await AssertError(
        await PostAsync(WithImage(url)),
        HttpStatusCode.BadRequest,
        "invalid_value",
        "messages[0].content[0].image_url.url");

    [Fact]
    public async Task BOai_ImageAddress_IsNeverAsked()
    {
        await using var victim = await FakeUpstream.StreamAsync("");
        await AssertError(
            await PostAsync(WithImage($"{victim.Address}a.png")),
            HttpStatusCode.BadRequest,
            "invalid_value",
            "messages[0].content[0].image_url.url");

        Assert.Empty(victim.Exchanges);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/json; charset=utf-16")]
    public async Task BOai_ContentType_Is415(string type)
    {
        using var content = new StringContent(Ok);
        content.Headers.ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse(type);
        await AssertError(await app.Client.PostAsync(Url, content), HttpStatusCode.UnsupportedMediaType, "unsupported_media_type", null);
    }

    [Theory]
    [InlineData("GET", "/v1/chat/completions", "POST")]
    [InlineData("PUT", "/v1/chat/completions", "POST")]
    [InlineData("DELETE", "/v1/chat/completions", "POST")]
    [InlineData("POST", "/v1/models", "GET")]
    [InlineData("DELETE", "/v1/models/fake/model", "GET")]
    public async Task BOai_Method_Is405(string method, string url, string allow)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), url);
        using var response = await app.Client.SendAsync(request);
        Assert.Equal(allow, response.Content.Headers.Allow.Single());
        await AssertError(response, HttpStatusCode.MethodNotAllowed, "method_not_allowed", null);
    }

    [Theory]
    [InlineData("/v1")]
    [InlineData("/v1/completions")]
    [InlineData("/v1/chat/completions/extra")]
    public async Task BOai_Address_Is404(string url) => await AssertError(await app.Client.GetAsync(url), HttpStatusCode.NotFound, "not_found", null);

    // What a model once wrote, and its client sends back, is no reason to refuse the rest of the conversation.
    [Theory]
    [InlineData("")]
    [InlineData("not json")]
    [InlineData("[1]")]
    [InlineData("null")]
    public async Task BOai_CallWhoseArgumentsAreNoObject_GetsAnAnswer(string arguments)
    {
        using var response = await PostAsync($$$"""{"model":"m","messages":[{{{Call.Replace("{}", arguments, StringComparison.Ordinal)}}},{"role":"tool","tool_call_id":"c","content":"no"}]}""");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task BOai_IdempotencyKey_IsRefused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Url) { Content = new StringContent(Ok, Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation("Idempotency-Key", "two words");
        await AssertError(await app.Client.SendAsync(request), HttpStatusCode.BadRequest, "invalid_idempotency_key", null);
    }

    [Theory]
    [InlineData("\"user\":\"me\",\"store\":true,\"metadata\":{},\"logit_bias\":{},\"unknown\":[1]")]
    [InlineData("\"stop\":null,\"n\":1,\"logprobs\":false,\"tools\":null,\"tool_choice\":\"auto\",\"response_format\":{\"type\":\"text\"},\"stream\":null,\"temperature\":null")]
    [InlineData("\"tools\":[],\"tool_choice\":\"none\",\"stop\":[],\"max_tokens\":1")]
    public async Task BOai_ParametersThatAreFineOrIgnored_GetAnAnswer(string members)
    {
        using var response = await PostAsync($"{Ok[..^1]},{members}}}");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private static string WithImage(string url) =>
        $$$"""{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"{{{url}}}"}}]}]}""";

    private static string Tool(string name, string parameters = "{}") => $$$"""{"type":"function","function":{"name":"{{{name}}}","parameters":{{{parameters}}}}}""";

    private static async Task AssertError(HttpResponseMessage response, HttpStatusCode status, string? code, string? param)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(status == response.StatusCode, $"{response.StatusCode}: {text}");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        var error = Assert.Single(JsonElement.Parse(text).EnumerateObject()).Value;
        Assert.Equal(["message", "type", "param", "code"], error.EnumerateObject().Select(member => member.Name));
        Assert.Equal(status == HttpStatusCode.NotFound ? "not_found_error" : "invalid_request_error", error.GetProperty("type").GetString());
        Assert.Equal(code ?? error.GetProperty("code").GetString(), error.GetProperty("code").GetString());
        Assert.Equal(param, error.GetProperty("param").GetString());
        Assert.NotEqual("", error.GetProperty("message").GetString());
    }

    private Task<HttpResponseMessage> PostAsync(string body) => app.Client.PostAsync(Url, new StringContent(body, Encoding.UTF8, "application/json"));
}
