using System.Net;
using System.Text;
using System.Text.Json;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.Api.Responses;

/// <summary>Every row: what a caller may send, and the error it gets in OpenAI's shape.</summary>
public sealed class ResponsesBadInputTests(ResponsesBadInputTests.App app) : IClassFixture<ResponsesBadInputTests.App>
{
    private const string Url = "/v1/responses";

    public static TheoryData<string, string?, string> Bodies => new()
    {
        { "", null, "invalid_json" },
        { "not json", null, "invalid_json" },
        { """{"input":"\ud83d"}""", null, "invalid_json" },
        { """{"input":[{"role":"user","content":"\ud83d"}]}""", null, "invalid_json" },
        { """{"input":"a","input":"b"}""", null, "duplicate_property" },
        { "null", null, "invalid_value" },
        { "[]", null, "invalid_value" },
        { "{}", "input", "invalid_value" },
        { """{"input":null}""", "input", "invalid_value" },
        { """{"input":7}""", "input", "invalid_value" },
        { """{"input":""}""", "input", "invalid_value" },
        { """{"input":" \n"}""", "input", "invalid_value" },
        { """{"input":[]}""", "input", "invalid_value" },
        { """{"input":["hi"]}""", "input[0]", "invalid_value" },
        { """{"input":[null]}""", "input[0]", "invalid_value" },
        { """{"input":[{"role":"robot","content":"hi"}]}""", "input[0].role", "invalid_value" },
        { """{"input":[{"role":"user"}]}""", "input[0].content", "invalid_value" },
        { """{"input":[{"role":"user","content":7}]}""", "input[0].content", "invalid_value" },
        { """{"input":[{"role":"user","content":["hi"]}]}""", "input[0].content[0].type", "unsupported_parameter" },
        { """{"input":[{"role":"user","content":[{"type":"input_text"}]}]}""", "input[0].content[0].text", "invalid_value" },
        { """{"input":[{"role":"user","content":[{"type":"input_file","file_id":"f"}]}]}""", "input[0].content[0].type", "unsupported_parameter" },
        { """{"input":[{"role":"user","content":[{"type":"input_image","image_url":"https://example.org/a.png"}]}]}""", "input[0].content[0].image_url", "invalid_value" },
        { """{"input":[{"role":"user","content":[{"type":"input_image","image_url":"data:text/html,x"}]}]}""", "input[0].content[0].image_url", "invalid_value" },
        { """{"input":[{"role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,!!"}]}]}""", "input[0].content[0].image_url", "invalid_value" },
        { """{"input":[{"role":"user","content":[{"type":"input_image","file_id":"f"}]}]}""", "input[0].content[0].image_url", "invalid_value" },
        { """{"input":[{"type":"item_reference","id":"msg_1"}]}""", "input[0].type", "unsupported_parameter" },
        { """{"input":[{"type":7,"role":"user","content":"hi"}]}""", "input[0].type", "unsupported_parameter" },
        { """{"input":[{"type":"function_call","name":"f","arguments":"{}"}]}""", "input[0].call_id", "invalid_value" },
        { """{"input":[{"type":"function_call","call_id":"c","arguments":"{}"}]}""", "input[0].name", "invalid_value" },
        { """{"input":[{"type":"function_call","call_id":"c","name":"f","arguments":"{"}]}""", "input[0].arguments", "invalid_value" },
        { """{"input":[{"type":"function_call","call_id":"c","name":"f","arguments":"[]"}]}""", "input[0].arguments", "invalid_value" },
        { """{"input":[{"type":"function_call","call_id":"c","name":"f","arguments":"{\"a\":\"\\ud83d\"}"}]}""", "input[0].arguments", "invalid_value" },
        { """{"input":[{"type":"function_call_output","output":"x"}]}""", "input[0].call_id", "invalid_value" },
        { """{"input":[{"type":"function_call_output","call_id":"c"}]}""", "input[0].output", "invalid_value" },
        { """{"input":"hi","previous_response_id":"resp_unknown"}""", "previous_response_id", "previous_response_not_found" },
        { """{"input":"hi","conversation":"conv_1"}""", "conversation", "unsupported_parameter" },
        { """{"input":"hi","prompt":{"id":"p"}}""", "prompt", "unsupported_parameter" },
        { """{"input":"hi","background":true,"store":false}""", "store", "invalid_value" },
    };

    public static TheoryData<string, string> Properties => new()
    {
        { "\"model\":7", "model" },
        { "\"stream\":\"true\"", "stream" },
        { "\"store\":1", "store" },
        { "\"background\":\"no\"", "background" },
        { "\"instructions\":[]", "instructions" },
        { "\"temperature\":-1", "temperature" },
        { "\"temperature\":\"1\"", "temperature" },
        { "\"temperature\":2.1", "temperature" },
        { "\"temperature\":1e309", "temperature" },
        { "\"top_p\":1.5", "top_p" },
        { "\"max_output_tokens\":0", "max_output_tokens" },
        { "\"max_output_tokens\":1.5", "max_output_tokens" },
        { "\"max_output_tokens\":99999999999", "max_output_tokens" },
        { "\"reasoning\":\"low\"", "reasoning" },
        { "\"reasoning\":{\"effort\":\"huge\"}", "reasoning.effort" },
        { "\"text\":\"json\"", "text" },
        { "\"text\":{\"format\":\"json\"}", "text.format.type" },
        { "\"text\":{\"format\":{\"type\":\"xml\"}}", "text.format.type" },
        { "\"text\":{\"format\":{\"type\":\"json_schema\",\"schema\":{}}}", "text.format.name" },
        { "\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"a\",\"schema\":7}}", "text.format.schema" },
        { "\"tools\":{}", "tools" },
        { "\"tools\":[7]", "tools[0]" },
        { "\"tools\":[null]", "tools[0].type" },
        { "\"tools\":[{\"type\":\"function\"}]", "tools[0].name" },
        { "\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"parameters\":[]}]", "tools[0].parameters" },
        { "\"tool_choice\":\"maybe\"", "tool_choice" },
        { "\"tool_choice\":7", "tool_choice" },
        { "\"tool_choice\":{\"type\":\"function\",\"name\":\"f\"}", "tool_choice.name" },
        { "\"parallel_tool_calls\":\"yes\"", "parallel_tool_calls" },
        { "\"metadata\":[]", "metadata" },
        { "\"metadata\":{\"a\":null}", "metadata" },
        { "\"metadata\":{\"a\":1}", "metadata.a" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Post_Body_IsRefusedWithItsParam(string body, string? param, string code) => await AssertError(await PostAsync(body), HttpStatusCode.BadRequest, param, code);

    [Theory]
    [MemberData(nameof(Properties))]
    public async Task Post_Property_IsRefusedWithItsParam(string property, string param) =>
        await AssertError(await PostAsync($$"""{"input":"hi",{{property}}}"""), HttpStatusCode.BadRequest, param, "invalid_value");

    [Theory]
    [InlineData("""{"input":"hi","tools":[{"type":"web_search"}]}""", "tools[0].type")]
    [InlineData("""{"input":"hi","tools":[{"type":"function","name":"f"},{"type":"file_search"}]}""", "tools[1].type")]
    [InlineData("""{"input":"hi","tool_choice":{"type":"web_search_preview"}}""", "tool_choice.type")]
    public async Task Post_ToolOfAnotherType_IsUnsupported(string body, string param) => await AssertError(await PostAsync(body), HttpStatusCode.BadRequest, param, "unsupported_parameter");

    [Fact]
    public async Task Post_ProviderThatIsDown_Is409() => await AssertError(await PostAsync("""{"input":"hi","model":"down"}"""), HttpStatusCode.Conflict, null, "provider_unavailable");

    [Fact]
    public async Task Post_OtherMediaTypeOrTooLong_IsRefused()
    {
        using var text = new StringContent("""{"input":"hi"}""", Encoding.UTF8, "text/plain");
        await AssertError(await app.Client.PostAsync(Url, text), HttpStatusCode.UnsupportedMediaType, null, "unsupported_media_type");
        await AssertError(await PostAsync($$"""{"input":"{{new string('x', 1_100_000)}}"}"""), HttpStatusCode.RequestEntityTooLarge, null, "body_too_large");
    }

    [Fact]
    public async Task Post_NullsAndUnknownProperties_AreIgnored()
    {
        using var response = await PostAsync("""
            {"input":"hi","model":null,"instructions":null,"stream":null,"temperature":null,"tools":null,"tool_choice":null,"text":null,"reasoning":null,"metadata":null,
             "previous_response_id":null,"conversation":null,"prompt":null,"truncation":"auto","include":[],"service_tier":"auto","user":"u","id":"mine"}
            """);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.DoesNotContain("mine", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_ArgumentTwice_IsTaken()
    {
        using var response = await PostAsync("""{"input":[{"type":"function_call","call_id":"c","name":"f","arguments":"{\"a\":1,\"a\":2}"}]}""");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("stream=maybe", "stream")]
    [InlineData("stream=true&starting_after=", "starting_after")]
    [InlineData("stream=true&starting_after=-1", "starting_after")]
    [InlineData("stream=true&starting_after=1.5", "starting_after")]
    [InlineData("stream=true&starting_after=%D9%A1", "starting_after")]
    [InlineData("stream=true&starting_after=1&starting_after=2", "starting_after")]
    [InlineData("stream=true&starting_after=99900", "starting_after")]
    [InlineData("stream=true&starting_after=9223372036854775807", "starting_after")]
    [InlineData("stream=true&starting_after=9223372036854775808", "starting_after")]
    public async Task Get_Query_IsRefusedWithItsParam(string query, string param)
    {
        var made = JsonElement.Parse(await (await PostAsync("""{"input":"hi"}""")).Content.ReadAsStringAsync());
        await AssertError(await app.Client.GetAsync($"{Url}/{made.GetProperty("id").GetString()}?{query}"), HttpStatusCode.BadRequest, param, "invalid_value");
    }

    [Fact]
    public async Task Cancel_ResponseNotInTheBackground_IsRefused()
    {
        var made = JsonElement.Parse(await (await PostAsync("""{"input":"hi"}""")).Content.ReadAsStringAsync());
        await AssertError(await app.Client.PostAsync($"{Url}/{made.GetProperty("id").GetString()}/cancel", null), HttpStatusCode.BadRequest, "background", "invalid_value");
    }

    [Fact]
    public async Task Cancel_AnotherSite_IsRefused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Url}/resp_1/cancel");
        request.Headers.Add("Origin", "https://evil.example");
        await AssertError(await app.Client.SendAsync(request), HttpStatusCode.Forbidden, null, "cross_site_request");
    }

    [Theory]
    [InlineData(Url)]
    [InlineData($"{Url}/resp_1/cancel")]
    public async Task Get_WhatTakesPost_Is405(string url)
    {
        using var response = await app.Client.GetAsync(url);
        await AssertError(response, HttpStatusCode.MethodNotAllowed, null, "method_not_allowed");
        Assert.Equal("POST", response.Content.Headers.Allow.Single());
    }

    private static async Task AssertError(HttpResponseMessage response, HttpStatusCode status, string? param, string code)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == status, text);
        var error = JsonElement.Parse(text).GetProperty("error");
        Assert.Equal(param, error.GetProperty("param").GetString());
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.NotEqual("", error.GetProperty("message").GetString());
    }

    private Task<HttpResponseMessage> PostAsync(string body) => app.Client.PostAsync(Url, new StringContent(body, Encoding.UTF8, "application/json"));

    public sealed class App : IAsyncLifetime
    {
        private TestApp? _app;

        public HttpClient Client => _app!.Client;

        public async ValueTask InitializeAsync() => _app = await TestApp.StartAsync(() =>
        {
            var model = new FakeChatClient();
            model.Say("hello");
            model.Finish();
            return model;
        });

        public ValueTask DisposeAsync() => _app!.DisposeAsync();
    }
}
