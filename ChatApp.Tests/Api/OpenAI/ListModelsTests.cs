using System.Net;
using System.Text.Json;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.Api.OpenAI;

public sealed class ListModelsTests
{
    [Fact]
    public async Task Get_Models_ListsThoseThatCanBeAsked()
    {
        await using var app = await TestApp.StartAsync(settings: [("ChatApp:Providers:nokey:Kind", "anthropic"), ("ChatApp:Providers:nokey:Models:0", "m")]);
        var list = await GetAsync(app, "/v1/models");

        Assert.Equal("list", list.GetProperty("object").GetString());
        var models = list.GetProperty("data").EnumerateArray().Select(model => model.GetRawText()).ToList();
        Assert.Contains("""{"id":"guide/guide","object":"model","created":0,"owned_by":"guide"}""", models);
        Assert.Contains("""{"id":"scripted/demo","object":"model","created":0,"owned_by":"scripted"}""", models);
        Assert.DoesNotContain(models, model => model.Contains("nokey", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("guide/guide", "guide/guide")]
    [InlineData("guide%2Fguide", "guide/guide")]
    [InlineData("guide%2fguide", "guide/guide")]
    [InlineData("guide", "guide/guide")]
    [InlineData("scripted/tokens=5;seed=2", "scripted/tokens=5;seed=2")]
    public async Task Get_Model_IsFoundByItsWholeIdOrItsName(string asked, string id)
    {
        await using var app = await TestApp.StartAsync();
        var model = await GetAsync(app, $"/v1/models/{asked}");

        Assert.Equal((id, id.Split('/')[0]), (model.GetProperty("id").GetString(), model.GetProperty("owned_by").GetString()));
    }

    [Theory]
    [InlineData("unknown")]
    [InlineData("guide/other")]
    [InlineData("scripted/tokens=many")]
    public async Task Get_UnknownModel_Is404(string id)
    {
        await using var app = await TestApp.StartAsync();
        using var response = await app.Client.GetAsync($"/v1/models/{id}");
        var error = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal(("model_not_found", "model"), (error.GetProperty("code").GetString(), error.GetProperty("param").GetString()));
    }

    private static async Task<JsonElement> GetAsync(TestApp app, string url) => JsonElement.Parse(await app.Client.GetStringAsync(url));
}
