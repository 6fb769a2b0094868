using ChatApp.Api.OpenAI;
using Microsoft.OpenApi;

namespace ChatApp.Api;

/// <summary>
/// The description of the endpoints at <c>/openapi/v1.json</c>. A route is in it once it says what it does, with <c>Describe</c>; handlers that
/// read the request themselves say there what they read.
/// </summary>
public static class ApiDescription
{
    internal static IServiceCollection AddApiDescription(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.ShouldInclude = route => route.ActionDescriptor.EndpointMetadata.OfType<Described>().Any();
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo { Title = "ChatApp", Version = "v1", Description = "Streaming chat with language models, over several protocols. docs/api.md has an example of each. Where the database does not answer or has no room, any address answers 503 or 507." };
            // The address it is read from is the one that works.
            document.Servers?.Clear();
            return Task.CompletedTask;
        });
    });

    public static IEndpointRouteBuilder MapApiDescription(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapOpenApi().Describe("This description", "application/json");
        return endpoints;
    }

    /// <summary>Puts a route into the description.</summary>
    /// <param name="route">The route.</param>
    /// <param name="summary">What it does, in a few words.</param>
    /// <param name="contentType">What it answers with.</param>
    /// <param name="problems">The statuses it answers when something is wrong, in the shape of the route's protocol.</param>
    /// <param name="body">The type of its JSON body; null for none.</param>
    /// <param name="parameters">What it reads from the query or the headers: <c>?name</c> or <c>Name</c>, and what that means.</param>
    internal static TRoute Describe<TRoute>(
        this TRoute route, string summary, string contentType, int[]? problems = null, Type? body = null, params (string Name, string Meaning)[] parameters)
        where TRoute : IEndpointConventionBuilder => route.Describe(StatusCodes.Status200OK, summary, contentType, problems, body, parameters);

    /// <inheritdoc cref="Describe{TRoute}(TRoute, string, string, int[], Type, ValueTuple{string, string}[])"/>
    internal static TRoute Describe<TRoute>(
        this TRoute route, int status, string summary, string contentType, int[]? problems = null, Type? body = null, params (string Name, string Meaning)[] parameters)
        where TRoute : IEndpointConventionBuilder
    {
        route.WithMetadata(
            new Described(),
            status == StatusCodes.Status204NoContent ? new ProducesResponseTypeMetadata(status, typeof(void)) : new ProducesResponseTypeMetadata(status, typeof(string), [contentType]));
        route.Add(endpoint =>
        {
            var isOpenAI = ((RouteEndpointBuilder)endpoint).RoutePattern.RawText!.StartsWith("/v1", StringComparison.Ordinal);
            foreach (var status in problems ?? [])
            {
                endpoint.Metadata.Add(isOpenAI
                    ? new ProducesResponseTypeMetadata(status, typeof(ErrorBody), ["application/json"])
                    : new ProducesResponseTypeMetadata(status, typeof(Microsoft.AspNetCore.Mvc.ProblemDetails), ["application/problem+json"]));
            }
        });

        return route.AddOpenApiOperationTransformer(async (operation, context, cancellationToken) =>
        {
            operation.Summary = summary;
            if (body is not null)
            {
                // Not by metadata that says what is accepted: routing would then refuse other types, with no word of what to send.
                var schema = await context.GetOrCreateSchemaAsync(body, parameterDescription: null, cancellationToken);
                operation.RequestBody = new OpenApiRequestBody
                {
                    Required = true,
                    Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal) { ["application/json"] = new() { Schema = schema } },
                };
            }

            foreach (var (name, meaning) in parameters)
            {
                (operation.Parameters ??= []).Add(new OpenApiParameter
                {
                    Name = name.TrimStart('?'),
                    In = name.StartsWith('?') ? ParameterLocation.Query : ParameterLocation.Header,
                    Description = meaning,
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                });
            }
        });
    }

    private sealed class Described;
}
