using System.ClientModel;
using System.Net;
using Microsoft.SemanticKernel;

namespace ChatApp.Providers.SemanticKernel;

/// <summary>What a connector throws, in the words that every provider's failures are told in.</summary>
/// <param name="target">Whom the messages name.</param>
/// <param name="time">The clock.</param>
internal sealed class KernelErrors(UpstreamTarget target, TimeProvider time)
{
    /// <param name="exception">What was thrown.</param>
    /// <param name="begun">Whether something of the answer had come.</param>
    /// <param name="cancellationToken">Cancelled when the answer is stopped.</param>
    /// <returns>The failure; null where its cause is unknown.</returns>
    internal async Task<ProviderException?> OfAsync(Exception exception, bool begun, CancellationToken cancellationToken)
    {
        var causes = Causes(exception).ToList();
        if (causes.OfType<ProviderException>().FirstOrDefault() is { } known)
        {
            return known;
        }

        if (causes.OfType<ClientResultException>().FirstOrDefault(cause => cause.Status >= 300) is { } answered)
        {
            using var response = Response(answered);
            return await UpstreamErrors.FromResponseAsync(target, response, time, cancellationToken);
        }

        if (causes.OfType<HttpOperationException>().FirstOrDefault(cause => cause.StatusCode is not null) is { } failed)
        {
            return UpstreamErrors.FromStatus(target, (int)failed.StatusCode!, UpstreamErrorText.FromBody(failed.ResponseContent ?? "", apiKey: null));
        }

        var broken = causes.Find(cause => cause is HttpRequestException) ?? causes.Find(cause => cause is IOException or OperationCanceledException);
        return broken switch
        {
            null => null,
            HttpRequestException when !begun => UpstreamErrors.Unreachable(target, broken),
            OperationCanceledException when !begun => new ProviderException(ProviderFault.Error, $"{target.Name} gave no answer within the time that its connector waits. Retry, or give the connector an HttpClient that waits longer.", broken),
            _ => UpstreamErrors.Interrupted(target, broken),
        };
    }

    // A connector that tries again by itself throws all its failures at once.
    private static IEnumerable<Exception> Causes(Exception exception)
    {
        yield return exception;
        var inner = exception is AggregateException several ? several.InnerExceptions : exception.InnerException is { } one ? [one] : (IEnumerable<Exception>)[];
        foreach (var cause in inner.SelectMany(Causes))
        {
            yield return cause;
        }
    }

    private static HttpResponseMessage Response(ClientResultException answered)
    {
        var raw = answered.GetRawResponse();
        var response = new HttpResponseMessage((HttpStatusCode)answered.Status) { Content = new ByteArrayContent(Body(raw)) };
        foreach (var name in (ReadOnlySpan<string>)["Retry-After", "Date", "Location"])
        {
            if (raw?.Headers.TryGetValue(name, out var value) == true)
            {
                response.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return response;
    }

    private static byte[] Body(System.ClientModel.Primitives.PipelineResponse? raw)
    {
        try
        {
            return raw?.Content.ToArray() ?? [];
        }
        catch (InvalidOperationException)
        {
            // Nobody has read it; the status says enough.
            return [];
        }
    }
}
