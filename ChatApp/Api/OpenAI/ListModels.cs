using System.Text.Json.Serialization;
using ChatApp.Runs;

namespace ChatApp.Api.OpenAI;

/// <summary>The models, as <c>GET /v1/models</c> lists them. One whose provider can't be used now is left out: it could not be asked.</summary>
internal static class ListModels
{
    public static async Task<IResult> GetAsync(AgentCatalog catalog, CancellationToken cancellationToken)
    {
        var models = await catalog.ListAsync(cancellationToken);
        return Results.Ok(new List("list", [.. models.Where(model => model.Unavailable is null).Select(model => Make(model.Id))]));
    }

    /// <param name="id">The id; a client that encodes it sends its slash as %2F, which routing leaves as it is.</param>
    /// <param name="catalog">The models.</param>
    public static IResult Get(string id, AgentCatalog catalog)
    {
        try
        {
            return Results.Ok(Make(catalog.Resolve(id.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase))));
        }
        catch (Exception exception) when (Problem.From(exception) is { } problem)
        {
            return OpenAIErrors.Of(problem);
        }
    }

    private static Model Make(string id) => new(id, "model", 0, id.Split('/')[0]);

    private sealed record List(string Object, IReadOnlyList<Model> Data);

    /// <param name="Id">The whole id.</param>
    /// <param name="Object">Always <c>model</c>.</param>
    /// <param name="Created">When it was made: 0, since nobody knows and clients need a number.</param>
    /// <param name="OwnedBy">The provider's name.</param>
    private sealed record Model(string Id, string Object, long Created, [property: JsonPropertyName("owned_by")] string OwnedBy);
}
