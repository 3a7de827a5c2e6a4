/** Records as the server sends them, for tests. */
import type { Model } from "@/shared/api/models";

export function sampleModel(id: string, more: Partial<Model> = {}): Model {
  return {
    id,
    canonical_slug: id,
    name: id,
    created: 1_750_000_000,
    description: "",
    context_length: 8192,
    architecture: {
      input_modalities: ["text"],
      output_modalities: ["text"],
      modality: "text->text",
      tokenizer: "Other",
      instruct_type: null,
    },
    pricing: { prompt: "0.000001", completion: "0.000002" },
    top_provider: { context_length: 8192, max_completion_tokens: null, is_moderated: false },
    per_request_limits: null,
    supported_parameters: [],
    default_parameters: null,
    supported_voices: null,
    hugging_face_id: null,
    knowledge_cutoff: null,
    expiration_date: null,
    links: { details: `/api/v1/models/${id}/endpoints` },
    ...more,
  };
}
