using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChatApp.Tests.Infrastructure;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace ChatApp.Tests.Api;

/// <summary>The description of the endpoints says what is there, and what is there behaves as it says.</summary>
public sealed class OpenApiTests
{
    private static async Task<JsonElement> DescriptionAsync(TestApp app) =>
        await app.Client.GetFromJsonAsync<JsonElement>("/openapi/v1.json", TestContext.Current.CancellationToken);

    [Fact]
    public async Task Get_Description_NamesEveryEndpointForPrograms()
    {
        await using var app = await TestApp.StartAsync();
        var description = await DescriptionAsync(app);
        Assert.StartsWith("3.", description.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        var described = description.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(method => $"{method.Name.ToUpperInvariant()} {path.Name}"))
            .ToHashSet();

        var there = from endpoint in app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
                    let path = "/" + endpoint.RoutePattern.RawText!.Trim('/').Replace("{**", "{", StringComparison.Ordinal)
                    where path.StartsWith("/api", StringComparison.Ordinal) || path.StartsWith("/v1", StringComparison.Ordinal) || path.StartsWith("/health", StringComparison.Ordinal) || path == "/metrics"
                    from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []
                    where method is "GET" or "POST" or "PATCH" or "DELETE"
                    select $"{method} {path}";
        Assert.Equal([], there.Except(described));
    }

    [Fact]
    public async Task Get_Description_SaysWhatEveryRouteTakesAndAnswers()
    {
        await using var app = await TestApp.StartAsync();
        foreach (var path in (await DescriptionAsync(app)).GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                var name = $"{operation.Name} {path.Name}";
                Assert.True(operation.Value.TryGetProperty("summary", out _), name);
                Assert.True(operation.Value.GetProperty("responses").EnumerateObject().Any(response => response.Name.StartsWith('2')), name);
                if (path.Name.Contains("{id}", StringComparison.Ordinal))
                {
                    Assert.True(operation.Value.GetProperty("responses").TryGetProperty("404", out _) || path.Name.StartsWith("/api/ai-sdk", StringComparison.Ordinal), name);
                }
            }
        }
    }

    [Fact]
    public async Task Post_WithoutABody_IsAnsweredAsDescribed()
    {
        await using var app = await TestApp.StartAsync();
        foreach (var path in (await DescriptionAsync(app)).GetProperty("paths").EnumerateObject())
        {
            if (!path.Value.TryGetProperty("post", out var post) || !post.TryGetProperty("requestBody", out var body))
            {
                continue;
            }

            Assert.True(body.GetProperty("content").GetProperty("application/json").TryGetProperty("schema", out _), path.Name);
            // What there is none of is not found, whatever is sent to it.
            using var answer = await app.Client.PostAsync(path.Name, null, TestContext.Current.CancellationToken);
            Assert.Equal(path.Name.Contains('{', StringComparison.Ordinal) ? HttpStatusCode.NotFound : HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
            var described = post.GetProperty("responses").GetProperty("415").GetProperty("content").EnumerateObject().Single().Name;
            Assert.Equal(described, answer.Content.Headers.ContentType?.MediaType);
        }
    }
}
